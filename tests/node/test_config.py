"""The configuration: its file, its defaults, its page, and what is said of a mistake."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import ConfigError
from p2pevents.node.config import (
    CONFIG_BYTES_MAX,
    Config,
    key_ranges,
    load_config,
    parse_config,
    with_values,
)

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "node_config"
KEYS = tuple(key_ranges())
PEER = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"


def words(text: str) -> str:
    """The text as one line, without the signs of comments."""
    return " ".join(text.replace("#", " ").split())


def test_the_default_file_is_the_built_in_defaults() -> None:
    path = FOLDER / "default.toml"
    assert list(tomllib.loads(path.read_text())) == list(KEYS)
    assert load_config(path) == Config()


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_a_comment_with_its_unit_and_range(key: str) -> None:
    text = (FOLDER / "default.toml").read_text()
    match = re.search(rf"((?:^#.*\n)+){key} = ", text, re.MULTILINE)
    assert match is not None
    *meaning, _ = words(match[1]).split(key_ranges()[key])
    assert meaning, f"the comment on {key} does not say: {key_ranges()[key]}"
    assert len(meaning[0].split()) >= 5


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_its_paragraph(key: str) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    sections = dict(re.findall(r"^### (\w+)\n\n(.+?)(?=^### |\Z)", page, re.MULTILINE | re.DOTALL))
    assert tuple(sections) == KEYS
    assert key_ranges()[key] in words(sections[key])


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_is_read(path: Path) -> None:
    config = load_config(path)
    assert (config.network == "demo") == (path.stem != "default")


def test_the_examples_are_those_that_are_named() -> None:
    names = {path.stem for path in FOLDER.glob("*.toml")}
    assert names == {"default", "paris", "lyon", "nantes", "attendee"}


def test_nodes_of_the_demo_do_not_share_a_port() -> None:
    addresses = [a for path in FOLDER.glob("*.toml") for a in load_config(path).listen]
    ports = [re.search(r"/tcp/(\d+)", address) for address in addresses]
    assert len({port[1] for port in ports if port}) == len(addresses)


def test_keys_that_are_left_out_have_their_defaults() -> None:
    config = parse_config("outbound_peers = 3", file="config.toml")
    assert config == msgspec.structs.replace(Config(), outbound_peers=3)


def test_the_command_line_comes_last() -> None:
    config = parse_config('network = "demo"', file="config.toml")
    config = with_values(config, {"listen": ["/ip4/127.0.0.1/tcp/0"]}, where="--listen")
    assert (config.network, config.listen) == ("demo", ("/ip4/127.0.0.1/tcp/0",))
    with pytest.raises(ConfigError, match=r"^--listen: listen: 'x' is not an address$"):
        with_values(config, {"listen": ["x"]}, where="--listen")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("outbound_peer = 3", "outbound_peer: there is no such key", "did you mean outbound_peers"),
        (
            "sync_interval = 3",
            "sync_interval: there is no such key",
            "did you mean sync_interval_s",
        ),
        ("xyzzy = 3", "xyzzy: there is no such key", "the keys are network, shard, listen"),
        ("[peers]\na = 1", "peers: {'a': 1} is out of its range", "peers is 0 to 64 addresses"),
        ("outbound_peers = 0", "outbound_peers: 0 is out of", "is 1 to 64 connections"),
        ("outbound_peers = 65", "outbound_peers: 65 is out of", "is 1 to 64 connections"),
        ("outbound_peers = true", "outbound_peers: True is out of", "is 1 to 64 connections"),
        ("outbound_peers = 8.0", "outbound_peers: 8.0 is out of", "is 1 to 64 connections"),
        ("sync_interval_s = 4", "sync_interval_s: 4 is out of", "5 to 86400 seconds"),
        ("sync_interval_s = 86401", "sync_interval_s: 86401 is", "5 to 86400 seconds"),
        ("store_bytes_max = 67108863", "store_bytes_max: 67108863 is", "67108864 .64 MiB. to"),
        ("store_bytes_max = 1099511627777", "store_bytes_max: 1099511627777", "1099511627776"),
        ('network = "Main"', "network: 'Main' is out of its range", "characters of a-z"),
        ('network = "a\\n"', r"network: 'a\\n' is out of its range", "characters of a-z"),
        (f'network = "{"n" * 33}"', "network: 'nnn", "1 to 32 characters"),
        ('shard = "0123456789abcdefg"', "shard: '0123", "1 to 16 characters"),
        ("shard = 0", "shard: 0 is out of its range", "1 to 16 characters"),
        (f"listen = {['/ip4/127.0.0.1/tcp/0'] * 17}", "listen: .* is out of", "0 to 16 addresses"),
        (f"listen = {['/ip4/127.0.0.1/tcp/0'] * 2}", "listen: the same address twice", "leave one"),
        ('endorsers = ["paris"]', "endorsers: 'paris' is not an id", "an id is the letter b"),
        (f"endorsers = {['b' + 'a' * 52] * 2}", "endorsers: the same id twice", "leave one"),
        ('listen = ["127.0.0.1:80"]', "listen: '127.0.0.1:80' is not an address", "is like /ip4"),
        (f'peers = ["/dns4/a.org/tcp/0/p2p/{PEER}"]', "peers: .* port 0 cannot", "from 1 to 65535"),
        ("network = main", "not TOML: invalid value .at line 1", "in quotes"),
        ('network = "a"\nnetwork = "b"', "not TOML: cannot overwrite a value", "in quotes"),
        ("a = " + "1" * 5000, "not TOML: ", "in quotes"),
        ("a = " + "[" * 8000, "not TOML: ", "in quotes"),
    ],
)
def test_a_mistake_names_the_file_the_key_and_the_way_out(
    text: str, message: str, hint: str
) -> None:
    with pytest.raises(ConfigError, match=f"^config.toml: {message}") as caught:
        parse_config(text, file="config.toml")
    assert re.search(hint, caught.value.hint)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff", "not UTF-8 text"),
        (b"#" * (CONFIG_BYTES_MAX + 1), "larger than 65536 bytes"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(
    tmp_path: Path, data: bytes, message: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=f"^{path}: {message}"):
        load_config(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "paris.toml"
    with pytest.raises(ConfigError, match=f"^{path}: cannot be read: no such file"):
        load_config(path)
    with pytest.raises(ConfigError, match=f"^{tmp_path}: cannot be read: is a directory"):
        load_config(tmp_path)


tables = st.dictionaries(
    st.sampled_from(KEYS) | st.text(max_size=20),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=5,
    ),
    max_size=4,
)


@given(values=tables)
def test_whatever_the_values_nothing_but_a_config_error_is_raised(
    values: dict[str, object],
) -> None:
    try:
        config = with_values(Config(), values, where="config.toml")
    except ConfigError:
        return
    assert msgspec.convert(msgspec.to_builtins(config), Config) == config


@given(text=st.text(st.characters(codec="utf-8")))
def test_whatever_the_text_nothing_but_a_config_error_is_raised(text: str) -> None:
    try:
        parse_config(text, file="config.toml")
    except ConfigError:
        return


def test_with_a_proxy_nothing_listens_unless_asked_and_nothing_goes_around_it() -> None:
    proxy = 'proxy = "socks5://127.0.0.1:9050"'
    assert parse_config(proxy, file="x").listen == ()
    asked = 'listen = ["/ip4/127.0.0.1/tcp/1"]'
    assert parse_config(f"{proxy}\n{asked}", file="x").listen == ("/ip4/127.0.0.1/tcp/1",)
    assert parse_config('proxy = ""', file="x").listen == Config().listen
    for line in (
        "mdns = true",
        'remind_webhook = "https://example.org/hook"',
        'remind_apprise = ["json://example.org"]',
    ):
        with pytest.raises(ConfigError, match="goes around the proxy"):
            parse_config(f"{proxy}\n{line}", file="x")


@pytest.mark.parametrize(
    "value", ['"http://me:hunter2@h:1"', '"socks5://me:hunter2@h"', "7", '"x"']
)
def test_what_is_no_proxy_is_refused_without_repeating_its_password(value: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config(f"proxy = {value}", file="x")
    assert "hunter2" not in f"{error.value.message} {error.value.hint}"
