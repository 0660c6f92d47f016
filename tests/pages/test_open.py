"""`p2pevents open`: the page of a running node, and of one that it starts itself."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest

from tests.sockets.daemon import Daemon, command, command_json, stop_all, wait_until


def enter(address: str) -> str:
    """Follow an address as a browser does, and return the page that it ends on."""
    cookies = urllib.request.HTTPCookieProcessor(CookieJar())
    with urllib.request.build_opener(cookies).open(address, timeout=20) as answer:
        text: str = answer.read().decode()
    return text


def test_a_running_node_says_where_its_page_is_and_open_leads_in_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command(home, "chapter", "found", "Paris P2P", "--timezone", "Europe/Paris")
    daemon = Daemon.start(home, "--page", "0", "--page-public", "0")
    try:
        page = daemon.ready["page"]
        assert page.startswith("http://127.0.0.1:")
        opened = command_json(home, "open", "--print")
        assert opened["page"] == page
        assert opened["started"] is False
        assert "New event" in enter(opened["address"])
        with pytest.raises(HTTPError) as refused:
            enter(opened["address"])
        assert refused.value.code == 403
        refused.value.close()
        assert "New event" not in enter(page)
        assert "New event" not in enter(daemon.ready["pagePublic"])
        assert daemon.stop() < 5
    finally:
        if daemon.process.poll() is None:
            daemon.kill()


def test_open_starts_the_light_client_where_no_node_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    # No file of the folder that somebody is in is taken for a part of the program.
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    for module in ("socks", "trio", "segno", "uvloop"):
        (downloads / f"{module}.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w').close()\n")
    monkeypatch.chdir(downloads)
    monkeypatch.setenv("PYTHONSAFEPATH", "")
    (home / "config.toml").write_text("page = 0\n")
    opened = command_json(home, "open", "--print")
    pid = json.loads((home / "node.json").read_text())["pid"]
    try:
        assert opened["started"] is True
        assert "Which community do you want to follow?" in enter(opened["address"])
    finally:
        os.kill(pid, signal.SIGTERM)
        ends = time.monotonic() + 10
        while (home / "node.json").exists() and time.monotonic() < ends:
            time.sleep(0.05)
    assert not (home / "node.json").exists()
    assert not (tmp_path / "run").exists()


def test_a_link_that_is_pasted_into_the_page_brings_the_events_of_a_real_peer(
    tmp_path: Path,
) -> None:
    paris, attendee = tmp_path / "paris", tmp_path / "attendee"
    command(paris, "chapter", "found", "Paris P2P", "--timezone", "Europe/Paris")
    soon = datetime.now(UTC).date() + timedelta(
        days=30
    )  # a light client fetches the coming months alone
    command(paris, "event", "add", "--title", "Next one", "--start", f"{soon} 18:30")
    daemons = [Daemon.start(paris, "--page", "off")]
    try:
        link = command_json(paris, "chapter", "invite")["link"]
        daemons.append(Daemon.start(attendee, "--light", "--page", "0"))
        page = daemons[1].ready["page"]
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        browser = urllib.request.build_opener(cookies)
        with browser.open(command_json(attendee, "open", "--print")["address"], timeout=20):
            pass
        form = urllib.request.Request(
            f"{page}follow",
            data=urlencode({"link": link}).encode(),
            headers={"Origin": page.rstrip("/")},
        )
        with browser.open(form, timeout=20) as answer:
            assert answer.status == 200

        def is_there() -> bool:
            with browser.open(f"{page}events.json", timeout=20) as answer:
                return [row["title"] for row in json.load(answer)] == ["Next one"]

        wait_until(is_there, seconds=30)
    finally:
        stop_all(daemons)


def test_a_node_without_a_page_says_so(tmp_path: Path) -> None:
    home = tmp_path / "home"
    daemon = Daemon.start(home, "--page", "off")
    try:
        assert daemon.ready["page"] is None
        done = command(home, "open", "--print", check=False)
        assert done.returncode == 1
        assert "serves no page" in done.stderr
    finally:
        daemon.kill()


def test_a_port_that_is_taken_is_an_error_only_where_it_was_named(tmp_path: Path) -> None:
    first = Daemon.start(tmp_path / "one", "--page", "0")
    try:
        port = first.ready["page"].rsplit(":", 1)[1].rstrip("/")
        done = command(
            tmp_path / "two", "run", "--listen", "/ip4/127.0.0.1/tcp/0", "--page", port, check=False
        )
        assert done.returncode == 3
        assert f"port {port} is in use" in done.stderr
        (tmp_path / "three").mkdir()
        (tmp_path / "three" / "config.toml").write_text(f"page = {port}\n")
        second = Daemon.start(tmp_path / "three")
        assert second.ready["page"] != first.ready["page"]
        second.kill()
    finally:
        first.kill()


def test_the_page_needs_nothing_of_the_network() -> None:
    code = (
        "import sys, p2pevents.web.serving, p2pevents.web.site\n"
        "print([name for name in sys.modules if name.split('.')[0] in"
        " ('libp2p', 'multiaddr', 'numpy') or name.startswith('p2pevents.net.libp2p')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
