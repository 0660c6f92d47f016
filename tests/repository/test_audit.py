"""Known weaknesses are asked for where somebody answers, and never stand in the way elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "audit.py"


@pytest.fixture
def audit() -> ModuleType:
    spec = spec_from_file_location("audit", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where somebody answers what the test says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(request.param)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("address", "expected"),
    [(b'{"vulnerabilities": []}', "one"), (b"<html>log in first</html>", None)],
    indirect=["address"],
)
def test_who_answers_as_expected_is_asked(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, address: str, expected: str | None
) -> None:
    monkeypatch.setattr(audit, "SERVICES", {"one": (address, None, b'"vulnerabilities"')})
    assert audit.answering() == expected


def test_where_nobody_answers_nothing_fails(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "SERVICES", {"one": ("http://127.0.0.1:9/", None, b"")})
    assert audit.main() == 0
    assert "not run" in capsys.readouterr().out


def test_a_weakness_with_a_fix_fails_and_one_without_is_told(audit: ModuleType) -> None:
    def answer(*fixes: str) -> dict[str, object]:
        weakness = {"id": "PYSEC-1", "fix_versions": list(fixes), "aliases": [], "description": ""}
        sound = {"name": "sound", "version": "1", "vulns": []}
        return {
            "dependencies": [sound, {"name": "weak", "version": "2", "vulns": [weakness]}],
            "fixes": [],
        }

    assert audit.judged(answer("3")) == (["weak 2: PYSEC-1, mended in 3"], True)
    assert audit.judged(answer()) == (["weak 2: PYSEC-1, no fix yet"], False)
    skipped = {"dependencies": [{"name": "odd", "skip_reason": "not found"}], "fixes": []}
    assert audit.judged(skipped) == (["odd: not looked up: not found"], False)
