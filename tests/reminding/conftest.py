"""The program in this process, as the tests of commands run it."""

from tests.cli.conftest import home, run

__all__ = ["home", "run"]
