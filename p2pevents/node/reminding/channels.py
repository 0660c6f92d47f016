"""How a person is told: on the desktop, by a command of theirs, by a web hook, by apprise.

Titles come from strangers. They go to a command as JSON on its input and in its
environment, never as a word of the command line, and no shell reads them.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from html import escape
from http.client import HTTPException
from typing import Any, Final

from p2pevents.errors import NetworkError, P2PEventsError, StateError
from p2pevents.node.config import Config
from p2pevents.node.reminding.due import Reminder

__all__ = ["Channel", "channels_of", "tell"]

COMMAND_S_MAX: Final = 30.0
WEBHOOK_S_MAX: Final = 10.0
TEXT_CHARACTERS_MAX: Final = 500

Channel = Callable[[Reminder], None]


def channels_of(config: Config) -> dict[str, Channel]:
    """Return how the configuration asks for people to be told, by name."""
    found: dict[str, Channel] = {}
    if config.remind_desktop:
        found["desktop"] = _on_desktop
    if config.remind_command:
        words = config.remind_command
        found["command"] = lambda reminder: _by_command(words, reminder)
    if config.remind_webhook:
        address = config.remind_webhook
        found["webhook"] = lambda reminder: _by_webhook(address, reminder)
    if config.remind_apprise:
        services = config.remind_apprise
        found["apprise"] = lambda reminder: _by_apprise(services, reminder)
    return found


def tell(channels: Mapping[str, Channel], reminder: Reminder) -> Iterator[tuple[str, str]]:
    """Tell a reminder by every channel; yield each one's name with what went wrong, or nothing."""
    for name, channel in channels.items():
        try:
            channel(reminder)
        except P2PEventsError as error:
            yield name, error.message
        else:
            yield name, ""


def _on_desktop(reminder: Reminder) -> None:
    """Show a notification; its second line may hold markup, so the signs of that are escaped."""
    text = escape(reminder.text[:TEXT_CHARACTERS_MAX], quote=False)
    words = ("notify-send", "--app-name=p2pevents", "--icon=x-office-calendar", "--")
    _run((*words, reminder.title, text), given=b"", environment={})


def _by_command(words: tuple[str, ...], reminder: Reminder) -> None:
    event = reminder.event or {}
    said = {
        "KIND": reminder.kind.value,
        "TITLE": reminder.title,
        "TEXT": reminder.text,
        **{name.upper(): event.get(name) or "" for name in ("id", "start", "status", "venue")},
        "CHAPTER": event.get("chapterName") or "",
        "URL": event.get("url") or event.get("stream") or "",
    }
    environment = {
        f"P2PEVENTS_REMINDER_{name}": str(value).replace("\0", "") for name, value in said.items()
    }
    given = json.dumps(reminder.document, ensure_ascii=False).encode()
    _run(words, given=given, environment=environment)


def _run(words: tuple[str, ...], *, given: bytes, environment: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - the words are this person's own, and no shell reads
            words,
            input=given,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=COMMAND_S_MAX,
            check=False,
            env={**os.environ, **environment},
        )
    except subprocess.TimeoutExpired:
        raise StateError(f"{words[0]} took more than {COMMAND_S_MAX:.0f} s") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StateError(f"{words[0]}: {reason.lower()}") from None
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[:TEXT_CHARACTERS_MAX]
        raise StateError(f"{words[0]} ended with {done.returncode}{': ' if said else ''}{said}")


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: what is told goes to the address that was named, or nowhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Return no request."""


def _by_webhook(address: str, reminder: Reminder) -> None:
    request = urllib.request.Request(  # noqa: S310 - the configuration takes http and https alone
        address,
        data=json.dumps(reminder.document, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "p2pevents"},
        method="POST",
    )
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=WEBHOOK_S_MAX):
            return
    except (OSError, HTTPException, ValueError) as error:
        # The address itself may hold a secret, and is not said.
        code = getattr(error, "code", None)
        reason = f"answered {code}" if code else type(error).__name__
        raise NetworkError(f"the web hook did not take it: {reason}") from None


def _by_apprise(services: tuple[str, ...], reminder: Reminder) -> None:
    try:
        import apprise
    except ImportError:
        raise StateError("apprise is not installed: pip install 'p2pevents[apprise]'") from None
    told = apprise.Apprise()
    known = [told.add(service) for service in services]
    if not all(known):
        raise StateError("apprise does not know one of the services")
    text = reminder.text[:TEXT_CHARACTERS_MAX]
    if not told.notify(title=reminder.title, body=text, body_format=apprise.NotifyFormat.TEXT):
        raise NetworkError("apprise could not deliver it to every service")
