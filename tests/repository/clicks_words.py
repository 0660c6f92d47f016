"""What click says to people by itself, of which our catalogues hold the translations."""

from __future__ import annotations

__all__ = ["CLICKS_WORDS"]

# One text, or the texts for one and for several things; each stands in click's own source.
CLICKS_WORDS: tuple[str | tuple[str, str], ...] = (
    "Commands",
    "Options",
    "Show the version and exit.",
    "Show this message and exit.",
    "Usage:",
    "default: {default}",
    "required",
    "No such option {name!r}.",
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    "Missing command.",
    "Missing argument",
    "Missing option",
    "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}",
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    "Option {name!r} does not take a value.",
    "{value!r} is not a valid {number_type}.",
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    "{name} {filename!r} does not exist.",
    "{name} {filename!r} is a file.",
    "{name} {filename!r} is a directory.",
    "{name} {filename!r} is not readable.",
    "file",
    "directory",
    "path",
)
