"""How people are told: titles are data everywhere, and a node tells each thing once."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from p2pevents.errors import ConfigError, StateError
from p2pevents.node.config import Config, load_config
from p2pevents.node.config_file import change_config
from p2pevents.node.home import Home
from p2pevents.node.reminding.channels import channels_of, tell
from p2pevents.node.reminding.due import Kind, Reminder
from p2pevents.node.reminding.task import Reminding
from tests.cli.conftest import Run
from tests.cli.people import PARIS

HOSTILE = [
    "$(touch owned)",
    "`touch owned`",
    "; touch owned #",
    "'; touch owned; '",
    '"; touch owned; "',
    "--help",
    "-rf",
    "a\nb",
    "a\0b",
    "%s%n",
    "<b>bold</b>&amp;",
    "𝔈 été",
]
_WRITE = (
    "import json, os, sys; "
    "said = json.load(sys.stdin); "
    "said['environment'] = {k: v for k, v in os.environ.items() if 'REMINDER' in k}; "
    "said['words'] = sys.argv[1:]; "
    "json.dump(said, open('told.json', 'w'))"
)


def reminder(title: str) -> Reminder:
    event = {"id": "x", "start": "2027-01-06T18:30:00", "status": "confirmed", "venue": title}
    return Reminder(key="k", kind=Kind.BEFORE, title=title, text=f"text {title}", event=event)


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_reaches_a_command_as_data_alone(
    title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = Config(remind_command=(sys.executable, "-c", _WRITE, "word"))
    assert list(tell(channels_of(config), reminder(title))) == [("command", "")]
    told = json.loads((tmp_path / "told.json").read_text("utf-8"))
    assert told["words"] == ["word"]
    assert told["title"] == title
    assert told["environment"]["P2PEVENTS_REMINDER_TITLE"] == title.replace("\0", "")
    assert told["environment"]["P2PEVENTS_REMINDER_VENUE"] == title.replace("\0", "")
    assert [path.name for path in tmp_path.iterdir()] == ["told.json"]


def test_a_script_that_quotes_is_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("sh", "-c", 'printf %s "$P2PEVENTS_REMINDER_TITLE" > told')
    for title in HOSTILE:
        assert list(tell(channels_of(Config(remind_command=words)), reminder(title))) == [
            ("command", "")
        ]
        assert (tmp_path / "told").read_text("utf-8") == title.replace("\0", "")
    assert [path.name for path in tmp_path.iterdir()] == ["told"]


@pytest.mark.parametrize("title", [each for each in HOSTILE if "\0" not in each])
def test_a_title_is_no_option_and_no_markup_of_the_desktop(
    title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "notify-send"
    tool.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"json.dump(sys.argv[1:], open({str(tmp_path / 'told')!r}, 'w'))\n"
    )
    tool.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list(tell(channels_of(Config(remind_desktop=True)), reminder(title))) == [
        ("desktop", "")
    ]
    *_, end, shown, text = json.loads((tmp_path / "told").read_text())
    assert (end, shown) == ("--", title)
    assert "<" not in text
    assert "&" not in text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")


@pytest.mark.parametrize(
    ("words", "trouble"),
    [
        (("no-such-program",), "no such file"),
        (("sh", "-c", "echo no >&2; exit 3"), "ended with 3: no"),
        (("sh", "-c", "exec <&-; exit 0"), ""),
    ],
)
def test_what_a_command_does_wrong_is_said(words: tuple[str, ...], trouble: str) -> None:
    ((_, said),) = tell(channels_of(Config(remind_command=words)), reminder("t"))
    assert trouble in said
    assert bool(said) == bool(trouble)


@pytest.fixture
def hook() -> Iterator[tuple[str, list[bytes], list[int]]]:
    taken: list[bytes] = []
    answers: list[int] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(answers[0] if answers else 204)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/secret-token", taken, answers
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_web_hook_gets_the_reminder_and_nobody_else_does(
    hook: tuple[str, list[bytes], list[int]],
) -> None:
    address, taken, answers = hook
    channels = channels_of(Config(remind_webhook=address))
    assert list(tell(channels, reminder("été"))) == [("webhook", "")]
    assert json.loads(taken[0])["title"] == "été"
    for answer in (302, 307, 404, 500):
        answers[:] = [answer]
        ((_, said),) = tell(channels, reminder("t"))
        assert str(answer) in said
        assert "secret-token" not in said
    assert len(taken) == 5


# --- the configuration ---------------------------------------------------------------------------


def test_other_lines_stay_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('# mine\nnetwork = "demo"  # why\nremind_desktop = false\n\n# end\n')
    config = change_config(path, {"remind_desktop": True, "remind_before": ("1d", "2h")})
    assert config == load_config(path)
    assert path.read_text() == (
        '# mine\nnetwork = "demo"  # why\nremind_desktop = true\n\n# end\n'
        'remind_before = ["1d", "2h"]\n'
    )


def test_what_cannot_be_changed_by_lines_is_left_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    text = 'remind_before = [\n  "1d",\n]\n'
    path.write_text(text)
    with pytest.raises(StateError, match="cannot be changed line by line"):
        change_config(path, {"remind_before": ("2h",)})
    with pytest.raises(ConfigError):
        change_config(path, {"remind_webhook": "ftp://example.org"})
    assert path.read_text() == text


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), max_size=5))
def test_any_words_are_read_as_they_were_written(words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.unlink(missing_ok=True)
    try:
        config = change_config(path, {"remind_command": tuple(words)})
    except (ConfigError, StateError):
        assert any("\x7f" in word for word in words)
        return
    assert config.remind_command == tuple(words) == load_config(path).remind_command


# --- the running node's look ---------------------------------------------------------------------


@pytest.fixture
def followed(run: Run, home: Path) -> Callable[..., str]:
    assert run("chapter", "found", *PARIS).code == 0

    def add(title: str, start: datetime) -> str:
        words = ("--title", title, "--start", f"{start:%Y-%m-%d %H:%M}", "--zone", "UTC")
        outcome = run("event", "add", *words, "--json")
        assert outcome.code == 0, outcome.err
        return str(outcome.json["id"])

    return add


def test_a_node_tells_each_thing_once_though_it_starts_again(
    run: Run,
    home: Path,
    followed: Callable[..., str],
) -> None:
    start = (datetime.now(tz=UTC) + timedelta(days=10)).replace(second=0, microsecond=0)
    event = followed("Soon", start)
    at = Home(folder=home)
    config = Config(remind_before=("1d",), remind_desktop=True)
    start_ms = int(start.timestamp() * 1000)

    def due(node: Reminding, hours: float) -> list[tuple[Kind, str]]:
        now_ms = start_ms - int(hours * 3_600_000)
        return [(each.kind, each.title) for each in node.due(at, now_ms=now_ms)]

    node = Reminding(config)
    assert due(node, 48) == []
    assert due(node, 24) == [(Kind.BEFORE, "Soon")]
    assert due(node, 23) == []
    assert due(Reminding(config), 23) == []
    run("event", "cancel", event, "--reason", "the venue is closed")
    told = due(node, 22)
    assert told[0] == (Kind.OFF, "cancelled: Soon")
    assert due(Reminding(config), 22) == []


def test_an_organiser_is_told_that_no_date_is_to_come(
    run: Run,
    home: Path,
    followed: Callable[..., str],
) -> None:
    now = datetime.now(tz=UTC)
    now_ms = int(now.timestamp() * 1000)
    at = Home(folder=home)
    config = Config(remind_desktop=True)
    assert Reminding(config).due(at, now_ms=now_ms) == []  # one that never met is not hurried
    followed("Last month", now - timedelta(days=20))
    (nudge,) = Reminding(config).due(at, now_ms=now_ms)
    assert (nudge.kind, nudge.title) == (Kind.NUDGE, "Paris P2P has no date to come")
    assert Reminding(config).due(at, now_ms=now_ms + 86_400_000) == []
    assert len(Reminding(config).due(at, now_ms=now_ms + 32 * 86_400_000)) == 1
    followed("Next", now + timedelta(days=60))
    assert Reminding(config).due(at, now_ms=now_ms + 40 * 86_400_000) == []
