"""Changing some keys of a configuration file, and leaving every other line as it is."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from p2pevents.errors import ConfigError, StateError
from p2pevents.keys.private_file import write_private
from p2pevents.node.config import Config, load_config, parse_config

__all__ = ["change_config"]


def change_config(path: Path, values: Mapping[str, object]) -> Config:
    """Set keys in a configuration file, made where it is missing; return what it says now.

    A key that stands alone on its line has that line replaced; another one is put
    after the last. What that would make of the file is read before it is written.

    Args:
        path: the file.
        values: by key: text, a number, true or false, or a sequence of texts.

    Raises:
        ConfigError: a value is out of its range, or the file cannot be read.
        StateError: the file is written so that it has to be changed by hand.
    """
    text = ""
    if path.exists():
        load_config(path)
        text = path.read_text("utf-8")
    before = tomllib.loads(text)
    new = text
    for key, value in values.items():
        line = f"{key} = {_toml(value)}"
        known = re.search(rf"^{key}[ \t]*=.*$", new, re.MULTILINE)
        if known is not None:
            new = new[: known.start()] + line + new[known.end() :]
        else:
            new = f"{new.rstrip()}\n{line}\n" if new.strip() else f"{line}\n"
    try:
        said = tomllib.loads(new)
    except ValueError:
        said = {}
    wanted = {**before, **{key: _plain(value) for key, value in values.items()}}
    if said != wanted:
        lines = ", ".join(f"{key} = {_toml(value)}" for key, value in values.items())
        raise StateError(f"{path}: cannot be changed line by line", hint=f"write into it: {lines}")
    config = parse_config(new, file=str(path))
    if new != text:
        write_private(path, new, replace=True)
    return config


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _toml(value: object) -> str:
    """Return a value as TOML; its strings and JSON's are the same but for one sign."""
    text = json.dumps(_plain(value), ensure_ascii=False)
    if "\x7f" in text:
        raise ConfigError("a value holds a control character")
    return text
