"""`p2pevents chapter`: founding a chapter, and what others need to find it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from p2pevents.cli import sheet as sheet_commands, template as template_commands
from p2pevents.cli.announcing import announced_line
from p2pevents.cli.branches import branches, choose
from p2pevents.cli.freshness import freshness_facts, freshness_words
from p2pevents.cli.joining import join_address
from p2pevents.cli.notices import notices_of, print_hint, print_notices
from p2pevents.cli.opening import config_of, desk_of
from p2pevents.cli.settings import Group, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.cli.times import today_of
from p2pevents.errors import InputError, StateError
from p2pevents.keys.node_key import load_node_key
from p2pevents.keys.proof import read_key
from p2pevents.keys.sheet import CharterSheet
from p2pevents.keys.sheet_file import write_sheet_file
from p2pevents.keys.words import fingerprint
from p2pevents.net.peer_id import peer_id_of_seed
from p2pevents.node.desk import Change, Desk
from p2pevents.node.founding import draft_chapter, found_chapter
from p2pevents.node.names import key_names, look_alikes
from p2pevents.node.presence import read_presence
from p2pevents.record.address import check_dial_address, check_listen_address
from p2pevents.record.draft import ProfileDraft
from p2pevents.record.ids import ChapterId, PublicKey, short, to_text
from p2pevents.record.kinds import Kind
from p2pevents.record.places import is_public, public_addresses
from p2pevents.view.calendar import PROFILE_PATH
from p2pevents.words import _

__all__ = ["command", "link_addresses", "whole_address"]

ADDRESSES_IN_LINK_MAX = 4


@click.group(cls=Group)
def command() -> None:
    """Found a chapter, show it, invite people to it."""


command.add_command(sheet_commands.command, "sheet")
command.add_command(template_commands.command, "template")
command.add_command(branches)
command.add_command(choose)


@command.command(
    epilog='Example: p2pevents chapter found "Paris P2P" --city Paris --country FR '
    "--timezone Europe/Paris --languages fr,en"
)
@click.argument("name", required=False)
@click.option("--city", help="The city; `import` sends each group to my chapter of its city.")
@click.option("--country", help="Two letters: FR.")
@click.option("--timezone", help="IANA name, such as Europe/Paris.")
@click.option("--languages", help="Language tags, such as fr,en.")
@click.option("--description", help="A few sentences about the chapter.")
@click.option(
    "--guardian",
    multiple=True,
    metavar="KEY",
    help="Who can, with others, name new leads if every charter key is lost.",
)
@click.option(
    "--sheet",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the charter sheet here (.txt, .html or .svg) and keep no copy.",
)
@pass_settings
def found(settings: Settings, /, name: str | None, **options: Any) -> None:
    """Found a chapter: its charter, its profile, and my key as its first lead's."""
    sheet: Path | None = options.pop("sheet")
    guardians = [_key(text) for text in options.pop("guardian")]
    words = _profile_words(_asked(name, options))
    if sheet is not None and sheet.exists():
        raise InputError(f"{sheet}: stands there already", hint="name another file by --sheet")
    profile = ProfileDraft.from_words(**words)
    with desk_of(settings) as desk:
        if len({*guardians, desk.my_key()}) <= len(guardians):
            raise InputError(
                "--guardian: a key is named twice, or is your own",
                hint="each guardian has a key of their own: theirs is what `p2pevents me` prints",
            )
        founding = draft_chapter(desk, profile.changes, guardians=guardians)
        page = founding.sheet(day=today_of(settings.now_ms(), words["zone"]))
        where = _put_away(desk, page, sheet)
        found_chapter(desk, founding)
        link = desk.link(founding.chapter, at=link_addresses(desk)).text
    if settings.json:
        settings.print_json(
            {"chapter": to_text(founding.chapter), "link": link, "sheet": str(where)}
        )
        return
    click.echo(_("founded {name} ({id})", name=words["name"], id=short(founding.chapter)))
    click.echo(_("charter sheet: {file}", file=where))
    click.echo("  " + _("print it or copy it by hand, and put it away: it is the only way back"))
    if len(guardians) < 2:
        click.echo("  " + _("without two guardians, nobody can name new leads if it is lost"))
    add = 'p2pevents event add --title "..." --start "2027-01-06 18:30" --end 23:00'
    click.echo(_("next: {command}", command=add))
    for typed, why in (
        ("p2pevents run", _("so that others reach what you announce")),
        ("p2pevents chapter invite", _("the link for those who want to follow")),
    ):
        click.echo(f"      {typed:24}   {why}")
    if not words["zone"]:
        print_hint(_("the chapter has no time zone: each event needs its own --zone"))


@command.command(epilog="Example: p2pevents chapter edit --timezone Europe/Paris")
@click.option("--name", help="What it is called from now on.")
@click.option("--city", help="The city.")
@click.option("--country", help="Two letters: FR.")
@click.option("--timezone", help="IANA name, such as Europe/Paris.")
@click.option("--languages", help="Language tags, such as fr,en.")
@click.option("--description", help="A few sentences about the chapter.")
@click.option(
    "--announce",
    is_flag=True,
    help="Say where this node is reached, in place of what the profile says: its public addresses.",
)
@click.option("--chapter", metavar="CHAPTER", help="Which, by id or name.")
@pass_settings
def edit(settings: Settings, /, chapter: str | None, *, announce: bool, **options: Any) -> None:
    """Change what a chapter says of itself."""
    words = {word: value for word, value in _profile_words(options).items() if value is not None}
    if not words and not announce:
        raise InputError("nothing to change", hint="name at least one word, such as --timezone")
    changes = dict(ProfileDraft.from_words(**words).changes)
    with desk_of(settings) as desk:
        if announce:
            changes["addresses"] = _announced(desk)
        change = Change(kind=Kind.PROFILE, path=PROFILE_PATH, changes=changes)
        found = desk.chapter(chapter)
        (record,) = desk.write(found, [change])
        announced = announced_line(desk, [record.id])
        facts = _facts(desk, found)
    if settings.json:
        settings.print_json(facts)
    else:
        click.echo(
            _(
                "{name} ({id}): {announced}",
                name=facts["name"],
                id=short(found),
                announced=announced,
            )
        )


@command.command(name="list", reads=True, epilog="Example: p2pevents chapter list")
@pass_settings
def list_(settings: Settings) -> None:
    """List the chapters of which this node holds anything."""
    with desk_of(settings) as desk:
        mine = set(desk.my_chapters())
        followed = {each.chapter for each in desk.followed()}
        alike = {each.chapter: each.other_name for each in look_alikes(desk, desk.chapters())}
        rows = [
            {
                **_facts(desk, chapter),
                "isMine": chapter in mine,
                "isFollowed": chapter in followed,
                "looksLike": alike.get(chapter),
            }
            for chapter in desk.chapters()
        ]
    if settings.json:
        settings.print_json(rows)
    elif not rows:
        click.echo(_("no chapter here yet: found one, or follow one by its link"))
    else:
        print_table(
            (_("id"), _("chapter"), _("city"), ""),
            [
                (
                    row["chapter"][:8],
                    row["name"],
                    row["city"] or "",
                    _held(row)
                    + (_(", not your {name}", name=row["looksLike"]) if row["looksLike"] else ""),
                )
                for row in rows
            ],
        )


@command.command(reads=True, epilog="Example: p2pevents chapter show")
@click.option("--chapter", metavar="CHAPTER", help="Which, by id or name.")
@pass_settings
def show(settings: Settings, chapter: str | None) -> None:
    """Show one chapter: what it says of itself, and who speaks for it."""
    with desk_of(settings) as desk:
        found = desk.chapter(chapter)
        facts = {**_facts(desk, found), "words": fingerprint(PublicKey(found))}
        authority = desk.authority(found)
        leads = [to_text(lead.daily) for lead in authority.leads()]
        freshness = desk.reader.freshness(found)
        called = key_names(desk.log.local)
        names = [called.get(lead.daily) for lead in authority.leads()]
        notices = notices_of(desk, [found])
    if settings.json:
        settings.print_json({**facts, "leads": leads, **freshness_facts(freshness)})
        return
    for key, label in (
        ("name", _("name")),
        ("claimed", _("claimed")),
        ("chapter", _("chapter")),
        ("words", _("words")),
        ("city", _("city")),
        ("country", _("country")),
        ("timeZone", _("timeZone")),
    ):
        if key != "claimed" or facts[key] != facts["name"]:
            click.echo(f"{label:10} {facts[key] or ''}")
    for lead, name in zip(leads, names, strict=True):
        click.echo(f"{_('lead'):10} {lead}{f'  {name}' if name else ''}")
    click.echo(f"{_('state'):10} {freshness_words(freshness)}")
    print_notices(notices)


@command.command(reads=True, epilog="Example: p2pevents chapter invite")
@click.option("--chapter", metavar="CHAPTER", help="Which, by id or name.")
@click.option(
    "--at",
    multiple=True,
    metavar="MULTIADDR",
    help="Where others ask first, such as /dns4/example.org/tcp/27410; repeatable.",
)
@click.option("--qr", is_flag=True, help="Draw the link as a QR code.")
@click.option(
    "--web", is_flag=True, help="As an address for a browser, by public_url of the configuration."
)
@pass_settings
def invite(
    settings: Settings, chapter: str | None, at: tuple[str, ...], *, qr: bool, web: bool
) -> None:
    """Print the link by which others follow a chapter.

    It says where this node was reached when the link was made. A node behind a router,
    or one with a name, does not know that by itself: say it by --at. Another node that is
    always on can stand there too, by its whole address from `p2pevents status`.
    """
    with desk_of(settings) as desk:
        found = desk.chapter(chapter)
        said = [whole_address(desk, address) for address in at]
        link = desk.link(found, at=said or link_addresses(desk))
    address = join_address(settings, link) if web else link.text
    if settings.json:
        settings.print_json({"link": link.text, **({"web": address} if web else {})})
        return
    click.echo(address)
    if qr:
        import segno

        segno.make(address, error="l").terminal(sys.stdout, compact=True)
    if not link.at:
        print_hint(_("the link names no address yet: start the node (p2pevents run) and ask again"))
    elif not any(is_public(address) for address in link.at):
        print_hint(
            _(
                "the link leads to your own network alone; for people elsewhere "
                "say where they reach this node by --at"
            )
        )


def _asked(name: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """Return the words of a new chapter, asking for what is missing where there is a terminal."""
    if name is None:
        if not sys.stdin.isatty():
            raise InputError("a chapter needs a name", hint='p2pevents chapter found "Paris P2P"')
        name = click.prompt(_("name of the chapter"), err=True)
        for word, question in (("city", _("city")), ("timezone", _("time zone (Europe/Paris)"))):
            options[word] = options[word] or click.prompt(question, err=True)
    return {"name": name, **options}


def _profile_words(options: dict[str, Any]) -> dict[str, Any]:
    languages = options.pop("languages", None)
    return {
        **{key: value for key, value in options.items() if key != "timezone"},
        "zone": options["timezone"],
        "languages": languages.replace(" ", "").split(",") if languages else None,
    }


def _put_away(desk: Desk, page: CharterSheet, sheet: Path | None) -> Path:
    """Write the charter sheet where the founder said, else among the keys."""
    if sheet is None:
        return desk.keyring.keep_sheet(page)
    write_sheet_file(sheet, page)
    return sheet


def link_addresses(desk: Desk) -> list[str]:
    """Return where this node is reached: as it says while it runs, else as it is to announce."""
    present = read_presence(desk.home.folder)
    if present:
        return list(present["addresses"][:ADDRESSES_IN_LINK_MAX])
    return [whole_address(desk, place) for place in config_of(desk.home, None).announce]


def _announced(desk: Desk) -> tuple[str, ...]:
    """Return what a profile may say of this node: public addresses alone.

    Raises:
        StateError: there is none.
    """
    found = public_addresses(tuple(link_addresses(desk)), limit=ADDRESSES_IN_LINK_MAX)
    if not found:
        raise StateError(
            "this node has no public address to announce",
            hint='say it in config.toml: announce = ["/dns4/node.example.org/tcp/27410"]',
        )
    return found


def whole_address(desk: Desk, address: str) -> str:
    """Return an address as others dial it: of this node where it names none."""
    if "/p2p/" in address:
        return check_dial_address(address)
    check_listen_address(address)
    return f"{address}/p2p/{peer_id_of_seed(load_node_key(desk.home.node_key).reveal())}"


def _facts(desk: Desk, chapter: ChapterId) -> dict[str, Any]:
    profile = desk.profile(chapter)
    return {
        "chapter": to_text(chapter),
        "name": desk.chapter_name(chapter),
        "claimed": profile.name,
        "city": profile.city,
        "country": profile.country,
        "timeZone": profile.time_zone,
        "languages": list(profile.languages or ()),
        "description": profile.description,
    }


def _held(row: dict[str, Any]) -> str:
    """Return why a chapter is here."""
    if row["isMine"]:
        return _("mine")
    return _("followed") if row["isFollowed"] else _("carried")


def _key(text: str) -> PublicKey:
    try:
        return read_key(text)
    except InputError as error:
        raise InputError(f"--guardian: {error.message}", hint=error.hint) from None
