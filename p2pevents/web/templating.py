"""How templates are found and filled in, the same for all: whatever is put in is escaped."""

from __future__ import annotations

import jinja2

__all__ = ["environment"]


def environment() -> jinja2.Environment:
    """Return what finds the templates and fills them in; make one, and keep it."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("p2pevents.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # a program that is replaced while it runs stays in one piece
    )
