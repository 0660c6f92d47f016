"""`p2pevents backup`: log, keys and configuration in one file, while the node runs."""

from __future__ import annotations

from pathlib import Path

import click

from p2pevents.cli.notices import print_notices
from p2pevents.cli.opening import home_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.node.backup import write_backup
from p2pevents.words import _, _n

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents backup -o p2pevents.backup")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file to write; an older backup of that name is replaced.",
)
@pass_settings
def command(settings: Settings, output: Path) -> None:
    """Copy log, keys and configuration into one file.

    The node may run meanwhile. The file is for you alone, as the keys in it are: keep it where
    nobody else can read it. A passphrase on the keys holds for their copies too.
    """
    backup = write_backup(home_of(settings), output, now_ms=settings.now_ms())
    keys = sum(name.startswith("keys/") for name in backup.files)
    if settings.json:
        settings.print_json(
            {
                "file": str(output),
                "bytes": backup.bytes,
                "made": backup.made,
                "keys": keys,
                "keysInClear": backup.keys_in_clear,
            }
        )
        return
    click.echo(
        _n(
            "{file}: {size} KiB, with {n} key of an organiser",
            "{file}: {size} KiB, with {n} keys of an organiser",
            keys,
            file=output,
            size=-(-backup.bytes // 1024),
        )
    )
    if backup.keys_in_clear:
        print_notices(
            [
                _(
                    "{n} of them under no passphrase: who reads this file can write in your name",
                    n=backup.keys_in_clear,
                )
            ]
        )
