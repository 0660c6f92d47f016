"""Key files: docs/spec/keys.md, KEY-6 to KEY-8 and KEY-10."""

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from p2pevents.errors import KeyFileError
from p2pevents.keys.key_file import KeyFile, KeyKind
from p2pevents.keys.passphrase import MEMLIMIT_BYTES_MAX, OPSLIMIT_MAX, Cost
from p2pevents.keys.secret import BoxKey, Passphrase, Secret
from p2pevents.record.ids import to_text

SEED = bytes(range(32))
PLAIN = f"""\
p2pevents key 1
kind: daily
public: baoqqpp7tzyil4hlq3umoos6atft6jvrqtosq2xy53sdgiesvgg4a
secret: {to_text(SEED)}
"""
SEALED = """\
p2pevents key 1
kind: daily
public: baoqqpp7tzyil4hlq3umoos6atft6jvrqtosq2xy53sdgiesvgg4a
opslimit: 1
memlimit_bytes: 8192
salt: baeaqcaibaeaqcaibaeaqcaibae
sealed: baaaqeayeaudaocajbifqydiob4ibceqtcqkrmf75t7fdrpvwfn\
7e2zt35keukqeg6hrqoerkjrjhdqkqbt2b3mcekd2ucpj3mfvd6autzwixlkwxnjgq
"""
PASSPHRASE = Passphrase("une phrase de passe")


def parse(text: str, kind: KeyKind = KeyKind.DAILY) -> KeyFile:
    return KeyFile.parse(text, kind=kind, file="keys/a.key")


def opened(text: str, passphrase: Passphrase | None = None) -> Secret:
    return parse(text).open(passphrase=passphrase, box_key=None, file="keys/a.key")


@given(
    seed=st.binary(min_size=32, max_size=32),
    kind=st.sampled_from(KeyKind),
    passphrase=st.none() | st.just(PASSPHRASE),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_key_is_read_back_from_its_file(
    seed: bytes, kind: KeyKind, passphrase: Passphrase | None, cheap: Cost
) -> None:
    """KEY-6, KEY-7."""
    key_file = KeyFile.of(kind, Secret(seed), passphrase=passphrase, cost=cheap)
    again = parse(key_file.text, kind)
    assert again == key_file
    assert again.open(passphrase=passphrase, box_key=None, file="a") == Secret(seed)


def test_a_plain_file_is_the_documented_one(secret: Secret, cheap: Cost) -> None:
    """KEY-6."""
    assert KeyFile.of(KeyKind.DAILY, secret, passphrase=None, cost=cheap).text == PLAIN
    assert opened(PLAIN) == secret


def test_a_sealed_file_written_long_ago_is_still_opened(secret: Secret) -> None:
    """KEY-7."""
    assert opened(SEALED, PASSPHRASE) == secret


@given(data=st.data(), text=st.sampled_from([PLAIN, SEALED]))
def test_a_file_changed_at_any_byte_says_so_and_nothing_of_the_seed(
    data: st.DataObject, text: str
) -> None:
    """KEY-6, KEY-10."""
    place = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 2))
    put = data.draw(st.text(max_size=2))
    changed = text[:place] + put + text[place + cut :]
    if changed == text:
        return
    if not (text is SEALED and "opslimit: 1\n" not in changed):  # a large cost takes a second
        with pytest.raises(KeyFileError) as caught:
            opened(changed, PASSPHRASE)
        assert_says_nothing(caught.value)


def test_a_file_changed_at_each_byte_in_turn_is_refused() -> None:
    """KEY-6."""
    for text in (PLAIN, SEALED):
        for place, character in enumerate(text):
            put = "a" if character != "a" else "b"
            with pytest.raises(KeyFileError) as caught:
                opened(text[:place] + put + text[place + 1 :], PASSPHRASE)
            assert_says_nothing(caught.value)


def test_a_file_cut_at_any_byte_is_refused() -> None:
    """KEY-6."""
    for text in (PLAIN, SEALED):
        for place in range(len(text)):
            with pytest.raises(KeyFileError):
                opened(text[:place], PASSPHRASE)


def assert_says_nothing(error: KeyFileError) -> None:
    """KEY-10: no six letters of the seed in a row."""
    said = f"{error.message} {error.hint}"
    hidden = to_text(SEED)
    assert not any(hidden[i : i + 6] in said for i in range(len(hidden) - 5))
    assert error.__cause__ is None


@pytest.mark.parametrize("kind", KeyKind)
def test_a_key_of_one_kind_is_not_taken_for_another(kind: KeyKind, secret: Secret) -> None:
    """KEY-6."""
    text = KeyFile.of(kind, secret, passphrase=None, cost=Cost()).text
    for other in KeyKind:
        if other is not kind:
            with pytest.raises(KeyFileError, match=f"kind: is not {other.value}"):
                parse(text, other)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("key 1", "key 2", "a key file of a newer version"),
        ("p2pevents key 1", "-----BEGIN KEY-----", "is not a key file"),
        (
            "opslimit: 1",
            f"opslimit: {OPSLIMIT_MAX + 1}",
            "opslimit, memlimit_bytes: ask for more than this program spends",
        ),
        ("opslimit: 1", "opslimit: 0", "opslimit: is not a number"),
        ("opslimit: 1", "opslimit: \u0661", "opslimit: is not a number"),
        ("s: 8192", "s: 8191", "opslimit, memlimit_bytes: ask for more than this program spends"),
        (
            "s: 8192",
            f"s: {MEMLIMIT_BYTES_MAX + 1}",
            "opslimit, memlimit_bytes: ask for more than this program spends",
        ),
        ("s: 8192", "s: 9999999999999", "memlimit_bytes: is not a number"),
        ("ibae\n", "ibaf\n", "salt: is not 16 bytes in base32"),
        ("ibae\n", "ib\n", "salt: is not 16 bytes in base32"),
        ("baoqq", "BAOQQ", "public: is not a key"),
        ("salt: ", "salty: ", "a line is missing or misspelt"),
        ("kind: daily\n", "kind: daily\nkind: daily\n", "a line is missing or misspelt"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_by_name(old: str, new: str, message: str) -> None:
    """KEY-6 to KEY-8; nothing is derived for a cost beyond the limits."""
    assert SEALED.count(old) == 1
    with pytest.raises(KeyFileError, match=f"^keys/a.key: {message}") as caught:
        parse(SEALED.replace(old, new))
    assert caught.value.hint


def test_the_costs_at_the_limits_are_read() -> None:
    """KEY-8."""
    text = SEALED.replace("opslimit: 1", "opslimit: 8").replace("s: 8192", "s: 1073741824")
    assert parse(text) != parse(SEALED)


def test_a_locked_key_asks_for_its_passphrase() -> None:
    with pytest.raises(KeyFileError, match="is under a passphrase") as caught:
        opened(SEALED)
    assert "p2pevents unlock --for 1h" in caught.value.hint
    with pytest.raises(KeyFileError, match="the passphrase does not open it"):
        opened(SEALED, Passphrase("une phrase de passage"))


def test_what_a_passphrase_made_opens_the_key_without_it(secret: Secret) -> None:
    sealed, plain = parse(SEALED), parse(PLAIN)
    box_key = sealed.box_key(PASSPHRASE)
    assert box_key is not None
    assert sealed.opens_with(box_key)
    assert not sealed.opens_with(BoxKey(bytes(32)))
    assert sealed.open(passphrase=None, box_key=box_key, file="a") == secret
    assert plain.box_key(PASSPHRASE) is None
    assert not plain.opens_with(box_key)


def test_a_sealed_seed_must_be_the_public_keys() -> None:
    """KEY-6: a box moved under another public key."""
    other = dataclasses.replace(parse(SEALED), public=Secret(bytes(32)).public)
    with pytest.raises(KeyFileError, match="public: is another key's"):
        other.open(passphrase=PASSPHRASE, box_key=None, file="a")
