"""What the system says is wrong with a file, of which our catalogues hold the translations.

As glibc says it, in small letters; another system's words stay as they are.
"""

from __future__ import annotations

__all__ = ["SYSTEM_WORDS"]

SYSTEM_WORDS: tuple[str, ...] = (
    "no reason given",
    "bad file descriptor",
    "device or resource busy",
    "disk quota exceeded",
    "file exists",
    "file name too long",
    "file too large",
    "input/output error",
    "is a directory",
    "no space left on device",
    "no such file or directory",
    "not a directory",
    "operation not permitted",
    "permission denied",
    "read-only file system",
    "too many levels of symbolic links",
    "too many open files",
)
