"""The configuration: one TOML file, each key with its unit and its range.

`node_config/default.toml` holds these same defaults with a comment on every
key, and docs/configuration.md a paragraph; tests keep the three together.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from p2pevents.errors import ConfigError, InputError, reason_of
from p2pevents.net.proxy import PROXY_CHARACTERS_MAX, parse_proxy
from p2pevents.record.address import (
    check_announced_address,
    check_dial_address,
    check_listen_address,
)
from p2pevents.record.ids import from_text

__all__ = [
    "CONFIG_BYTES_MAX",
    "PAGE_PORT",
    "Config",
    "Port",
    "check_public_url",
    "key_ranges",
    "load_config",
    "parse_config",
    "with_values",
]

CONFIG_BYTES_MAX: Final = 64 * 1024
LINE_CHARACTERS_MAX: Final = 8192  # a key of thousands of parts takes the parser half a minute
PAGE_PORT: Final = 27412
_VALUE_CHARACTERS_SHOWN: Final = 60
_URL_CHARACTERS_MAX: Final = 200
_MIB: Final = 1024 * 1024


Port = Annotated[int, Meta(ge=0, le=65_535)] | Literal["off"]


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What a node is told by its configuration.

    Each key's `Meta.description` is its range with its unit: what an error, the
    comment in default.toml and docs/configuration.md all say.

    Attributes:
        network: nodes of different networks never meet; part of every topic.
        shard: the part of a network that this node carries; part of every topic.
        listen: where this node listens; none: it only dials.
        announce: where others reach this node, beside the public addresses it listens on.
        peers: nodes to dial first and to come back to, each ending in /p2p/PEERID.
        mdns: whether this node and others of its local network find each other.
        proxy: the SOCKS5 proxy through which everything is dialled; empty for none.
        relays: nodes through which this one is reached, where nothing else leads to it.
        relay_places: how many other nodes may be reached through this one.
        outbound_peers: how many connections this node opens and keeps.
        sync_interval_s: the shortest pause between two comparisons with a peer, in seconds.
        store_bytes_max: what the log may hold before whole chapters leave it, in bytes.
        endorsers: chapters whose endorsements count when whole chapters leave: theirs leave last.
        page: the loopback port of the local page.
        page_public: the loopback port of the public face, for a reverse proxy before it.
        public_url: where the public face is seen from outside; empty where it is not.
        language: what this node's person is spoken to in; empty for their environment's.
        remind_before: how long before a start its person is told: 30m, 2h, 1d.
        remind_changes: whether they are told what moved, was called off or is on again.
        remind_next_date: whether an organiser is told that no date is to come.
        remind_desktop: tell by a notification on the desktop.
        remind_command: tell by running a program, with the reminder on its input.
        remind_webhook: tell by posting the reminder to a web address.
        remind_apprise: tell by services that apprise knows.
    """

    network: Annotated[
        str,
        Meta(
            pattern=r"\A[a-z0-9][a-z0-9-]{0,31}\Z",
            description="1 to 32 characters of a-z, 0-9 and '-', not '-' first",
        ),
    ] = "main"
    shard: Annotated[
        str,
        Meta(
            pattern=r"\A[a-z0-9][a-z0-9-]{0,15}\Z",
            description="1 to 16 characters of a-z, 0-9 and '-', not '-' first",
        ),
    ] = "0"
    listen: Annotated[
        tuple[str, ...],
        Meta(max_length=16, description="0 to 16 addresses, ports from 0 (any free one) to 65535"),
    ] = ("/ip4/0.0.0.0/tcp/27410",)
    announce: Annotated[
        tuple[str, ...],
        Meta(max_length=8, description="0 to 8 addresses, ports from 1 to 65535, without /p2p"),
    ] = ()
    peers: Annotated[
        tuple[str, ...],
        Meta(max_length=64, description="0 to 64 addresses, each ending in /p2p/PEERID"),
    ] = ()
    mdns: Annotated[bool, Meta(description="true or false")] = False
    proxy: Annotated[
        str,
        Meta(
            max_length=PROXY_CHARACTERS_MAX,
            description='"socks5://HOST:PORT" or "socks5://USER:PASSWORD@HOST:PORT", or empty',
        ),
    ] = ""
    relays: Annotated[
        tuple[str, ...],
        Meta(max_length=4, description="0 to 4 addresses, each ending in /p2p/PEERID"),
    ] = ()
    relay_places: Annotated[int, Meta(ge=0, le=64, description="0 to 64 nodes")] = 0
    outbound_peers: Annotated[int, Meta(ge=1, le=64, description="1 to 64 connections")] = 8
    sync_interval_s: Annotated[int, Meta(ge=5, le=86_400, description="5 to 86400 seconds")] = 60
    store_bytes_max: Annotated[
        int,
        Meta(
            ge=64 * _MIB,
            le=1024 * 1024 * _MIB,
            description="67108864 (64 MiB) to 1099511627776 (1 TiB) bytes",
        ),
    ] = 1024 * _MIB
    endorsers: Annotated[
        tuple[str, ...], Meta(max_length=16, description="0 to 16 ids of chapters, in full")
    ] = ()
    page: Annotated[
        Port, Meta(description='a port from 0 (any free one) to 65535, or "off" for no page')
    ] = PAGE_PORT
    page_public: Annotated[
        Port, Meta(description='a port from 0 (any free one) to 65535, or "off" for no public face')
    ] = "off"
    public_url: Annotated[
        str,
        Meta(
            max_length=_URL_CHARACTERS_MAX,
            description="an https or http address of up to 200 characters, or empty",
        ),
    ] = ""
    language: Annotated[
        Literal["", "en", "fr"], Meta(description='"en" or "fr", or empty for the environment\'s')
    ] = ""
    remind_before: Annotated[
        tuple[Annotated[str, Meta(pattern=r"\A[1-9][0-9]{0,2}[mhd]\Z")], ...],
        Meta(max_length=4, description="0 to 4 spans, each 1 to 999 of m, h or d"),
    ] = ()
    remind_changes: Annotated[bool, Meta(description="true or false")] = True
    remind_next_date: Annotated[bool, Meta(description="true or false")] = True
    remind_desktop: Annotated[bool, Meta(description="true or false")] = False
    remind_command: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=1000)], ...],
        Meta(max_length=16, description="a program and its words, 0 to 16 in all"),
    ] = ()
    remind_webhook: Annotated[
        str,
        Meta(
            pattern=r"\A(?:https?://[!-~]{1,991})?\Z",
            description="an http or https address of up to 1000 characters, or empty",
        ),
    ] = ""
    remind_apprise: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=1000)], ...],
        Meta(max_length=8, description="0 to 8 addresses of services, as apprise writes them"),
    ] = ()


_TYPES: Final[Mapping[str, Any]] = get_type_hints(Config, include_extras=True)
_CHECK_EACH: Final[Mapping[str, Callable[[str], object]]] = {
    "endorsers": from_text,
    "listen": check_listen_address,
    "announce": check_announced_address,
    "peers": check_dial_address,
    "relays": check_dial_address,
}


def key_ranges() -> dict[str, str]:
    """Return every key with its range, in words with the unit, in the order of the file."""
    return {
        key: next(part.description or "" for part in get_args(hint) if isinstance(part, Meta))
        for key, hint in _TYPES.items()
    }


def load_config(path: Path) -> Config:
    """Read a configuration file; keys that it leaves out have their defaults.

    Raises:
        ConfigError: naming the file, the key, its range and the nearest key that there is.
    """
    try:
        with path.open("rb") as file:
            data = file.read(CONFIG_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {reason_of(error)}") from None
    if len(data) > CONFIG_BYTES_MAX:
        raise ConfigError(f"{path}: larger than {CONFIG_BYTES_MAX} bytes: not a configuration")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text: not a configuration") from None
    return parse_config(text, file=str(path))


def parse_config(text: str, *, file: str) -> Config:
    """Read the text of a configuration.

    Args:
        text: TOML.
        file: what to call it in errors.

    Raises:
        ConfigError: as `load_config`.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LINE_CHARACTERS_MAX:
            raise ConfigError(
                f"{file}: line {number}: longer than {LINE_CHARACTERS_MAX} characters"
            )
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a bare ValueError
        reason = str(error)
        raise ConfigError(
            f"{file}: not TOML: {reason[:1].lower()}{reason[1:]}",
            hint='text stands in quotes: network = "main"',
        ) from None
    return with_values(Config(), values, where=file)


def with_values(config: Config, values: Mapping[str, object], *, where: str) -> Config:
    """Return `config` with some keys said otherwise, by a file or by the command line.

    Args:
        config: what holds for the other keys.
        values: by key, as TOML gives them.
        where: the file or the option that says so, for errors.

    Raises:
        ConfigError: an unknown key, or a value out of its range.
    """
    checked = {key: _checked(key, value, where=where) for key, value in values.items()}
    if checked.get("proxy") and "listen" not in checked and config.listen == Config().listen:
        checked["listen"] = ()  # who hides their place does not open a door there unasked
    changed = msgspec.structs.replace(config, **checked)
    _check_nothing_goes_around(changed, where=where)
    return changed


def _check_nothing_goes_around(config: Config, *, where: str) -> None:
    """Refuse what would reach others beside the proxy that is set.

    Raises:
        ConfigError: naming the key.
    """
    for key in ("mdns", "remind_webhook", "remind_apprise") if config.proxy else ():
        if getattr(config, key):
            raise ConfigError(
                f"{where}: {key}: goes around the proxy", hint=f"leave out {key}, or proxy"
            )


def _checked(key: str, value: object, *, where: str) -> object:
    if key not in _TYPES:
        near = difflib.get_close_matches(key, _TYPES, n=1, cutoff=0.5)
        raise ConfigError(
            f"{where}: {key}: there is no such key",
            hint=f"did you mean {near[0]}?" if near else f"the keys are {', '.join(_TYPES)}",
        )
    try:
        checked = msgspec.convert(value, _TYPES[key])
    except msgspec.ValidationError:
        raise ConfigError(
            f"{where}: {key}: {'it' if key == 'proxy' else _shown(value)} is out of its range",
            hint=f"{key} is {key_ranges()[key]}",
        ) from None
    if key == "public_url" and checked:
        try:
            check_public_url(checked)
        except InputError as error:
            raise ConfigError(f"{where}: {key}: {error.message}", hint=error.hint) from None
    if key == "proxy" and checked:
        try:
            parse_proxy(checked)
        except InputError as error:
            raise ConfigError(f"{where}: {key}: {error.message}", hint=error.hint) from None
    if (check_each := _CHECK_EACH.get(key)) is not None:
        for each in checked:
            try:
                check_each(each)
            except InputError as error:
                raise ConfigError(f"{where}: {key}: {error.message}", hint=error.hint) from None
        if len(set(checked)) != len(checked):
            twice = "id" if key == "endorsers" else "address"
            raise ConfigError(f"{where}: {key}: the same {twice} twice", hint="leave one out")
    return checked


def check_public_url(url: str) -> str:
    """Return where pages are seen from outside.

    Raises:
        InputError: it is no address of a web site, or has a query or a fragment.
    """
    parts = None
    try:
        found = urlsplit(url)
        if found.scheme in ("https", "http") and found.hostname and found.port != 0:
            parts = found
    except ValueError:
        pass
    if parts is None or not (url.isascii() and url.isprintable() and " " not in url):
        raise InputError(
            f"{_shown(url)} is not the address of a web site",
            hint='write it whole: "https://events.example.org"',
        )
    if parts.query or parts.fragment or parts.username:
        raise InputError(
            f"{_shown(url)} has more than a host and a path",
            hint="leave out what follows ? and #, and names before @",
        )
    return url


def _shown(value: object) -> str:
    shown = repr(value)
    if len(shown) > _VALUE_CHARACTERS_SHOWN:
        return shown[:_VALUE_CHARACTERS_SHOWN] + "..."
    return shown
