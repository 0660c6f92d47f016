"""What is secret stands in no log, no output and no file but the one that is made for it."""

from __future__ import annotations

import re
import subprocess
import sys
from base64 import b32encode, b64encode
from pathlib import Path

from p2pevents.keys.node_key import load_node_key
from tests.sockets.daemon import Daemon, command, environment

PASSPHRASE = "marker-of-a-passphrase-93217"
PROXY_PASSWORD = "marker-of-a-proxy-41180"
HOOK = "marker-of-a-webhook-77245"
FOUND = ("chapter", "found", "Paris P2P", "--timezone", "Europe/Paris")
# Made to hold secrets: readable by their person alone, as other tests see to.
KEEPERS = ("keys", "node.key", "config.toml")


def forms(secret: bytes) -> list[bytes]:
    """Return a secret as it may be written."""
    return [
        secret,
        secret.hex().encode(),
        b64encode(secret).rstrip(b"="),
        b32encode(secret).rstrip(b"="),
        b32encode(secret).rstrip(b"=").lower(),
    ]


def three_in_a_row(words: str) -> list[str]:
    """Return each three of the words of a sheet in a row: nobody says these by chance."""
    each = words.split()
    return [" ".join(each[place : place + 3]) for place in range(len(each) - 2)]


def test_nothing_secret_is_said_or_written(tmp_path: Path) -> None:
    home, sheet, phrase = tmp_path / "home", tmp_path / "sheet.txt", tmp_path / "phrase"
    phrase.write_text(f"{PASSPHRASE}\n")
    phrase.chmod(0o600)
    said: list[str] = []

    def does(*arguments: str, check: bool = True) -> str:
        done = command(home, *arguments, check=check)
        said.extend((done.stdout, done.stderr))
        return done.stdout

    does(*FOUND, "--sheet", str(sheet))  # the key of this home has no passphrase
    does("me", "--new", "--passphrase-file", str(phrase), "-vv")
    (home / "config.toml").write_text(
        f'listen = ["/ip4/127.0.0.1/tcp/0"]\nremind_webhook = "http://127.0.0.1:9/{HOOK}"\n'
    )
    daemon = Daemon.start(home, "-vv", "--page", "0")
    does("event", "add", "--title", "Meetup", "--start", "2027-01-06 18:30", "-vv")
    for seen in (("doctor",), ("doctor", "--json"), ("status", "--json"), ("peers",), ("version",)):
        does(*seen, check=False)
    does("chapter", "show", "--json")
    said.append(repr(daemon.ready))
    daemon.stop()
    said.extend(daemon._errors)
    (home / "config.toml").write_text(
        f'proxy = "socks5://me:{PROXY_PASSWORD}@127.0.0.1:1"\nremind_command = []\n'
    )
    for seen in (("sync", "-vv"), ("doctor", "-vv"), ("status",)):
        does(*seen, check=False)
    words = " ".join(re.findall(r"\d+ +([a-z]{3,8})\b", sheet.read_text("utf-8")))
    assert len(words.split()) >= 24
    secrets = [
        *(each.encode() for each in (PASSPHRASE, PROXY_PASSWORD, HOOK)),
        *forms(load_node_key(home / "node.key").reveal()),
        words.encode(),
        *(line.encode() for line in three_in_a_row(words)),
    ]
    written = {
        str(path.relative_to(home)): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.relative_to(home).parts[0] not in KEEPERS
    }
    assert any("log" in name for name in written)
    written["what was said"] = "\n".join(said).encode()
    assert len(written["what was said"]) > 2_000
    found = {
        (name, secret) for name, data in written.items() for secret in secrets if secret in data
    }
    assert found == set()


def test_a_crash_tells_of_no_secret(tmp_path: Path) -> None:
    """Even with -v, where the traceback is shown."""
    phrase = tmp_path / "phrase"
    phrase.write_text(f"{PASSPHRASE}\n")
    phrase.chmod(0o600)
    program = (
        "from p2pevents.cli import me\n"
        "from p2pevents.cli.main import main\n"
        "def broken(secret):\n"
        "    raise RuntimeError(f'{secret} {secret!r}')\n"
        "me.proof_of = broken\n"
        "main()"
    )
    home = tmp_path / "home"
    arguments = ("--home", str(home), "-v", "me", "--passphrase-file", str(phrase))
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert "RuntimeError" in done.stderr
    assert PASSPHRASE not in done.stderr + done.stdout
    assert "Secret(" in done.stderr or "secret" in done.stderr
