"""Leading changes hands: handing over, new keys for oneself, recovery by guardians."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from p2pevents.cli.opening import desk_of
from p2pevents.cli.organiser.keeping import chosen_ids, until_of
from p2pevents.cli.organiser.options import (
    AGAIN,
    CHAPTER,
    NEW_SHEET,
    OUTPUT,
    SHEET,
    WORDS,
    compare_words,
)
from p2pevents.cli.organiser.saying import say_settled
from p2pevents.cli.organiser.sheets import (
    check_new_sheet,
    put_away,
    signing_secrets,
    typed_sheet,
)
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import InputError, StateError
from p2pevents.keys.lead_proof import read_lead
from p2pevents.keys.secret import Secret
from p2pevents.keys.sheet_file import load_sheet_file
from p2pevents.keys.words import fingerprint
from p2pevents.node.chain_desk import ChainDesk, Settled, Stage, leads_with
from p2pevents.node.desk import Desk
from p2pevents.node.meant import way_in
from p2pevents.node.sheets import confirm_sheet
from p2pevents.record.entry import Lead
from p2pevents.record.ids import ChapterId, PublicKey, RecordId, short, to_text
from p2pevents.words import _, _n

__all__ = ["hand_over", "recover", "rotate"]

_ONLY: Final = ("daily", "charter")


@click.command(
    cls=Command,
    name="hand-over",
    epilog="Example: p2pevents organiser hand-over p2pevents-lead:b... --sheet sheet.txt",
)
@click.argument("key")
@WORDS
@SHEET
@AGAIN
@OUTPUT
@CHAPTER
@pass_settings
def hand_over(settings: Settings, /, key: str, chapter: str | None, **options: Any) -> None:
    """Hand my place as a lead over.

    All that I wrote stays. KEY is the text that their `organiser join --lead` prints. Both of
    us sign the entry, so that nobody is made a lead unasked; until then I lead.
    """
    with desk_of(settings) as desk:
        chain = ChainDesk(desk, desk.chapter(chapter))
        mine = _my_lead(chain)
        new = read_lead(key)
        chain.check_new(new.daily)
        compare_words(new.daily, options["words"])
        leads = leads_with(chain.snapshot.leads, without=(mine,), new=(new,))
        secrets = signing_secrets(chain, chain.wish(leads=leads), options["sheet"])
        keeps = chain.keep(stored.id for stored in chain.signed_by(mine.daily))
        settled = chain.sign(chain.wish(leads=leads, keeps=keeps), secrets, again=options["again"])
        say_settled(settings, chain, settled, output=options["output"])


@click.command(cls=Command, epilog="Example: p2pevents organiser rotate --sheet sheet.txt")
@click.argument("day", required=False, metavar="[DATE]")
@click.option("--only", type=click.Choice(_ONLY), help="Renew one of the two keys.")
@click.option(
    "--keep",
    default="all",
    show_default=True,
    metavar="all|none|until DATE|FILE",
    help="What stays of all that my daily key signed; after a theft look at it first.",
)
@SHEET
@NEW_SHEET
@AGAIN
@OUTPUT
@CHAPTER
@pass_settings
def rotate(
    settings: Settings, /, day: str | None, only: str | None, keep: str, **options: Any
) -> None:
    """Renew my own keys as a lead.

    My charter key alone signs it. For a laptop that was lost or stolen: on a new one follow the
    chapter, fetch it (p2pevents sync), and say `organiser rotate --only daily --sheet FILE`.
    """
    check_new_sheet(options["new_sheet"])
    with desk_of(settings) as desk:
        given = _given_sheet(options["sheet"])
        chain, old = _whose(desk, given, options["chapter"])
        until = until_of(keep, day)
        zone = desk.profile(chain.chapter).time_zone
        signed = chain.signed_by(old.daily) if only != "charter" else []
        kept = chosen_ids(signed, keep, until=until, zone=zone)
        charter = Secret.generate() if only != "daily" else None
        # Checked with keys of the same shape before any is written to a disk.
        probe = _renewed(old, daily=Secret.generate().public if only != "charter" else None)
        chain.wish(leads=leads_with(chain.snapshot.leads, without=(old,), new=(probe,)))
        secrets = _old_secrets(chain, old, given)
        _rotate(settings, chain, old, charter, secrets, kept=kept, only=only, options=options)


def _rotate(
    settings: Settings,
    chain: ChainDesk,
    old: Lead,
    charter: Secret | None,
    secrets: list[Secret],
    *,
    kept: list[RecordId],
    only: str | None,
    options: dict[str, Any],
) -> None:
    desk = chain.desk
    sheet: Path | None = None
    if charter is not None:
        # On paper, or on the disk, before anything names it.
        sheet = put_away(
            desk, chain.chapter, charter, at=options["new_sheet"], now_ms=settings.now_ms()
        )
    holds_old = old.daily in desk.my_keys()
    new = _renewed(
        old,
        daily=desk.new_key() if only != "charter" else None,
        charter=charter.public if charter else None,
    )
    leads = leads_with(chain.snapshot.leads, without=(old,), new=(new,))
    # Without the old daily key nobody can write keep records yet: the new key does, right after.
    keeps = chain.keep(kept) if holds_old else []
    settled = chain.sign(
        chain.wish(leads=leads, keeps=keeps),
        [*secrets, *([charter] if charter else [])],
        again=options["again"],
    )
    if settled.stage is Stage.DONE and kept and not holds_old:
        chain.keep(kept)
    is_here = any(kept_here.public == old.charter for kept_here in desk.keyring.sheets())
    if charter is None and not is_here:
        confirm_sheet(desk, old.charter)  # it was just read from its sheet
    more = {
        "key": to_text(new.daily),
        "words": fingerprint(new.daily),
        "sheet": str(sheet) if sheet else None,
        "kept": len(kept),
    }
    if sheet is not None and not settings.json:
        click.echo(_("new charter sheet: {file}", file=sheet))
        click.echo(
            "  " + _("print it or copy it by hand, and put it away; then: chapter sheet confirm")
        )
    say_settled(settings, chain, settled, output=options["output"], more=more)
    _say_kept(settings, settled, kept, holds_old=holds_old)


@click.command(
    cls=Command,
    epilog="Example: p2pevents organiser recover p2pevents-lead:b... --chapter Paris",
)
@click.argument("key", nargs=-1, required=True, metavar="KEY...")
@SHEET
@AGAIN
@OUTPUT
@CHAPTER
@pass_settings
def recover(
    settings: Settings, /, key: tuple[str, ...], chapter: str | None, **options: Any
) -> None:
    """Name new leads, as guardians.

    For a chapter whose leads have all lost their charter keys. Each KEY is the text that a new
    lead's `organiser join --lead` prints; who leads now and is not named leads no more. Every
    node warns of it at once and shows it after fourteen days, unless the leads sign an entry of
    their own by then.
    """
    with desk_of(settings) as desk:
        chain = ChainDesk(desk, _guarded(desk, chapter))
        leads = [read_lead(each) for each in key]
        snapshot = chain.snapshot
        if not snapshot.guardians:
            raise StateError(
                f"{desk.chapter_name(chain.chapter)} has no guardians",
                hint="a lead who still has a charter sheet names some: organiser add KEY "
                "--role guardian",
            )
        named = {each for lead in leads for each in (lead.charter, lead.daily)}
        rest = [guardian for guardian in snapshot.guardians if guardian not in named]
        awaiting = chain.wish(leads=leads, guardians=rest, recovery=True)
        secrets = signing_secrets(chain, awaiting, options["sheet"])
        settled = chain.sign(awaiting, secrets, again=options["again"])
        say_settled(settings, chain, settled, output=options["output"])


def _my_lead(chain: ChainDesk) -> Lead:
    mine = chain.my_lead()
    if mine is None:
        raise StateError(
            f"you are not a lead of {chain.desk.chapter_name(chain.chapter)}",
            hint=way_in(
                chain.desk,
                "p2pevents organiser list tells who leads it",
                chapter=chain.chapter,
            ),
        )
    return mine


def _given_sheet(sheet: Path | None) -> Secret | None:
    return load_sheet_file(sheet) if sheet is not None else None


def _whose(desk: Desk, given: Secret | None, chapter: str | None) -> tuple[ChainDesk, Lead]:
    """Return the chapter and the lead whose keys are renewed: by the sheet, else by my key."""
    if given is None:
        is_mine = chapter is not None or desk.my_chapters()
        given = None if is_mine else typed_sheet(_("words or letters of your charter sheet"))
    if given is None:
        chain = ChainDesk(desk, desk.chapter(chapter))
        return chain, _my_lead(chain)
    among = desk.chapters() if chapter is None else [desk.chapter(chapter)]
    for each in among:
        chain = ChainDesk(desk, each)
        for lead in chain.snapshot.leads:
            if lead.charter == given.public:
                return chain, lead
    raise InputError(
        "this sheet is of no lead of a chapter that is here",
        hint="fetch the chapter first: p2pevents follow LINK, then p2pevents sync",
    )


def _old_secrets(chain: ChainDesk, old: Lead, given: Secret | None) -> list[Secret]:
    """Return the charter key that is in force, from its sheet or from where it is kept here."""
    if given is not None:
        if given.public != old.charter:
            raise InputError("this sheet is not the one of your charter key")
        return [given]
    if any(kept.public == old.charter for kept in chain.desk.keyring.sheets()):
        return [chain.desk.safe.charter_secret(old.charter)]
    typed = typed_sheet(_("words or letters of your charter sheet"))
    if typed is None or typed.public != old.charter:
        raise StateError(
            "your charter key is not on this home", hint="give its sheet: --sheet FILE"
        )
    return [typed]


def _renewed(old: Lead, *, daily: PublicKey | None, charter: PublicKey | None = None) -> Lead:
    return Lead(charter=charter or old.charter, daily=daily or old.daily)


def _guarded(desk: Desk, chapter: str | None) -> ChapterId:
    """Return the chapter that guardians act for: named, or the one that my key guards."""
    if chapter is not None:
        return desk.find_chapter(chapter, among=desk.chapters())
    mine = set(desk.my_keys())
    found = [
        each for each in desk.chapters() if mine & set(ChainDesk(desk, each).snapshot.guardians)
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise StateError(
            "no key on this home is a guardian's of a chapter that is here",
            hint="fetch the chapter first: p2pevents follow LINK, then p2pevents sync",
        )
    names = ", ".join(f"{short(each)} ({desk.chapter_name(each)})" for each in found)
    raise StateError(
        f"your key is a guardian's of {len(found)} chapters",
        hint=f"say which by --chapter: {names}",
    )


def _say_kept(
    settings: Settings, settled: Settled, kept: list[RecordId], *, holds_old: bool
) -> None:
    if settings.json:
        return
    if settled.stage is Stage.DONE or holds_old:
        click.echo(
            _n(
                "kept {n} records that the old key signed",
                "kept {n} records that the old key signed",
                len(kept),
            )
        )
