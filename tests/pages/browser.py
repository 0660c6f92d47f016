"""A real Chromium, driven by its own driver over WebDriver: what a person sees and types."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
START_S_MAX = 20.0
_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
TAB, ENTER, SHIFT, BACKSPACE = "\ue004", "\ue007", "\ue008", "\ue003"


@dataclass(slots=True)
class Browser:
    """One window."""

    address: str
    session: str = ""

    def open(self, url: str) -> None:
        self._ask("POST", "url", {"url": url})

    @property
    def url(self) -> str:
        return str(self._ask("GET", "url"))

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script's body in the page, and return what it returns."""
        return self._ask("POST", "execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script: str, *arguments: Any) -> Any:
        """The same for one that calls its last argument when it is done."""
        return self._ask("POST", "execute/async", {"script": script, "args": list(arguments)})

    def press(self, keys: str) -> None:
        """Press keys one after the other, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("POST", "actions", {"actions": [{"type": "key", "id": "k", "actions": actions}]})

    def devtools(self, command: str, **parameters: Any) -> Any:
        return self._ask("POST", "goog/cdp/execute", {"cmd": command, "params": parameters})

    def show(self, width: int, *, dark: bool = False, height: int = 900) -> None:
        """Be a screen of this width."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """Write what is shown as a PNG."""
        shot = self.devtools("Page.captureScreenshot", captureBeyondViewport=whole, format="png")
        path.write_bytes(base64.b64decode(shot["data"]))

    def wait(self, script: str, *, seconds: float = 10.0) -> Any:
        """Wait until a script returns something true, and return that."""
        ends = time.monotonic() + seconds
        while True:
            found = self.run(script)
            if found:
                return found
            assert time.monotonic() < ends, f"not so within {seconds} s: {script}"
            time.sleep(0.05)

    def _ask(self, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
        return _ask(method, f"{self.address}/session/{self.session}/{what}", body)


def _ask(method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url, data=data, method=method, headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode(errors="replace")[:2000]) from None


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start a browser with a fresh profile, and end it."""
    assert DRIVER is not None
    assert CHROMIUM is not None
    port = free_port()
    process = subprocess.Popen(
        [DRIVER, f"--port={port}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    window = Browser(f"http://127.0.0.1:{port}")
    try:
        ends = time.monotonic() + START_S_MAX
        while True:
            try:
                with urllib.request.urlopen(f"{window.address}/status", timeout=2):
                    break
            except OSError:
                assert time.monotonic() < ends, "the browser's driver did not start"
                time.sleep(0.1)
        options = {
            "binary": CHROMIUM,
            "args": [*_OPTIONS, f"--user-data-dir={folder / 'profile'}"],
        }
        capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}
        started = _ask("POST", f"{window.address}/session", {"capabilities": capabilities})
        window.session = started["sessionId"]
        yield window
    finally:
        if window.session:
            _ask("DELETE", f"{window.address}/session/{window.session}")
        process.terminate()
        process.wait(10)
