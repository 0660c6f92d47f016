"""The home: the one folder that holds a node's log, keys and configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from p2pevents.errors import StateError, reason_of

__all__ = ["HOME_VARIABLE", "Home", "locate_home"]

HOME_VARIABLE: Final = "P2PEVENTS_HOME"
_FOLDER_MODE: Final = 0o700


class Home(Struct, frozen=True, kw_only=True):
    """Where a node keeps what is its own; nobody else on the machine may look inside.

    Attributes:
        folder: the folder itself; it may not exist yet.
    """

    folder: Path

    @property
    def log(self) -> Path:
        """The log's file, `log.sqlite3`."""
        return self.folder / "log.sqlite3"

    @property
    def private_log(self) -> Path:
        """The file of what is followed and left out of a full log, `private.sqlite3`."""
        return self.folder / "private.sqlite3"

    @property
    def read_log(self) -> Path:
        """The file of what was last read of a shard that a full log leaves out, `read.sqlite3`."""
        return self.folder / "read.sqlite3"

    @property
    def node_key(self) -> Path:
        """The file of the key that names this node on the network; never an organiser's."""
        return self.folder / "node.key"

    @property
    def keys(self) -> Path:
        """The folder of the organiser's keys."""
        return self.folder / "keys"

    @property
    def config(self) -> Path:
        """The configuration, read where no other is given; it need not exist."""
        return self.folder / "config.toml"

    def create(self) -> None:
        """Make the folder and the one for keys, for this user alone; one that stands is left.

        Raises:
            StateError: they cannot be made.
        """
        for folder in (self.folder, self.keys):
            try:
                folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            except OSError as error:
                raise StateError(
                    f"{folder}: cannot be made: {reason_of(error)}",
                    hint=f"name another folder by --home or {HOME_VARIABLE}",
                ) from None


def locate_home(option: Path | None, *, environment: Mapping[str, str]) -> Home:
    """Return the home: the option's, else the environment's, else the platform's.

    Args:
        option: what `--home` said; None where it was not given.
        environment: variables, of which `P2PEVENTS_HOME` is read; empty is unset.
    """
    if option is not None:
        return Home(folder=option)
    if named := environment.get(HOME_VARIABLE):
        return Home(folder=Path(named).expanduser())
    import platformdirs

    return Home(folder=platformdirs.user_data_path("p2pevents", appauthor=False))
