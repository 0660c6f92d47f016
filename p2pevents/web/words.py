"""Every word that the pages say, in one place; each by a name that the templates use.

A pair is said of one thing and of several. `{name}` is filled in. Other
languages are in the catalogues of `p2pevents/words`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date as Day, datetime  # noqa: N812 - `date` is a method below
from typing import Final

from p2pevents.record.values import Link
from p2pevents.web.dates import ago, day_text, days_text
from p2pevents.web.rule_words import WEEKDAYS
from p2pevents.words import DEFAULT, catalogue_of

__all__ = ["ENGLISH", "Words", "context_of"]

Said = str | tuple[str, str]

LAST_MS: Final = 4_102_444_800_000  # the latest moment that is said: the end of 2099
RELS: Final = ("slides", "recording")  # what a session's links lead to, where somebody said so

ENGLISH: Final[Mapping[str, Said]] = {
    # --- everywhere
    "agenda": "Agenda",
    "month": "Month",
    "past": "Past",
    "upcoming": "Coming up",
    "chapters": "Chapters",
    "new_event": "New event",
    "new_series": "New series",
    "announce": "New event",  # the same in the menu, where it is to be short
    "skip": "Skip to the content",
    "main_menu": "Main menu",
    "tagline": "community events, from peer to peer",
    "fresh": "Last compared with a peer {ago}.",
    "never_synced": "Not compared with any peer yet.",
    "peers": ("{n} peer connected.", "{n} peers connected."),
    "read_only": "This window can read. To follow or write, open it with",
    "source": "Announced peer to peer with p2pevents",
    "tongues": "Language of this page",
    # --- agenda
    "filters": "Filters",
    "search": "Search",
    "search_hint": "Title, speaker, place",
    "chapter": "Chapter",
    "city": "City",
    "tag": "Tag",
    "language": "Language",
    "any": "Any",
    "from": "From",
    "to": "To",
    "my_zone": "In my time zone",
    "show": "Show",
    "clear": "Clear filters",
    "nothing": "Nothing is planned from here on.",
    "nothing_found": "Nothing fits these filters.",
    "nothing_past": "Nothing lies in the past yet.",
    "see_past": "See past events",
    "day_open": "Day to be announced",
    "hour_open": "Time to be announced",
    "sessions": ("{n} session", "{n} sessions"),
    "online": "online",
    "subscribe": "Subscribe",
    "subscribe_all": "All of this in your calendar program",
    "more_rows": "Only the first {n} are shown.",
    "pages": "More of the agenda",
    "earlier_rows": "Earlier",
    "later_rows": "Later",
    "no_page": "The agenda ends before this page.",
    "first_page": "To its first page",
    "others": ("{n} more", "{n} more"),
    "previous": "Previous month",
    "next": "Next month",
    "today": "Today",
    # --- status
    "tentative": "Tentative",
    "cancelled": "Cancelled",
    "postponed": "Postponed",
    "skipped": "Skipped",
    "disputed": "Disputed",
    "moved_to": "See the new date",
    "moved_day": "moved to {day}",
    "room_open": "Room to be announced",
    "speaker_open": "Speaker to be announced",
    "dispute_intro": "Organisers have said different things. Until one of them settles it, "
    "both are shown.",
    "dispute_when": "When",
    "dispute_where": "Where",
    "dispute_status": "Whether it takes place",
    "dispute_stream": "Where to watch",
    "dispute_retracted": "Whether it was taken back",
    "says": "{who} says",
    "history": "Imported from an earlier calendar; not announced by this chapter's keys at the "
    "time.",
    "untranslated": "Not translated: written in {language}.",
    # --- what changed since the last look
    "changes": "Changes",
    "changes_title": "What changed",
    "changes_n": ("Changes, {n} since you last looked", "Changes, {n} since you last looked"),
    "changes_first": "From now on, what changes of the days to come is told here, and marked in "
    "the agenda.",
    "changes_read_only": "Nothing is marked before this page was opened once in a window that may "
    "write.",
    "changes_since": "Since you last looked, {ago}.",
    "changes_none": "Nothing changed since you last looked, {ago}.",
    "changes_before": "What you saw then",
    "was": "was {what}",
    "more_parts": ("and {n} more change of its programme", "and {n} more changes of its programme"),
    "change_new": "New",
    "change_cancelled": "Newly cancelled",
    "change_postponed": "Newly postponed",
    "change_skipped": "Newly skipped",
    "change_back": "Back on",
    "change_moved": "Moved",
    "change_place": "New place",
    "change_changed": "Changed",
    "change_gone": "Taken back",
    # --- first screen
    "welcome": "Which community do you want to follow?",
    "welcome_lead": "Paste the link that an organiser gave you.",
    "link": "Link",
    "link_example": "p2pevents://bafy…/?at=/dns4/example.org/tcp/27410/p2p/12D3…&name=Paris+P2P",
    "link_looks": "A link looks like this:",
    "follow": "Follow",
    "welcome_1": "Communities announce their events here, and their machines pass them on to each "
    "other; no company stands between.",
    "welcome_2": "What you follow stays on this machine, and the agenda works without a network.",
    "welcome_3": "Nobody needs an account, and you can leave whenever you like.",
    "follow_more": "Follow another chapter",
    "waiting_one": "Nothing of {name} has arrived yet. It comes by itself once this node reaches "
    "a peer.",
    "unfollow": "Stop following",
    # --- event
    "when": "When",
    "where": "Where",
    "watch": "Watch online",
    "your_time": "{time} in your time zone",
    "zone": "time zone {zone}",
    "languages": "Languages",
    "links": "Links",
    "people": "With",
    "edition": "Edition",
    "programme": "Programme",
    "programme_days": "Days of the programme",
    "later": "Time to be announced",
    "room": "Room",
    "level": "Level",
    "recording": "Recording",
    "add_calendar": "Add to my calendar",
    "edit": "Edit",
    "updated": "Last changed {date}",
    "title_open": "Title to be announced",
    # --- kinds of sessions, and what is said of them
    "type_talk": "talk",
    "type_workshop": "workshop",
    "type_doors": "doors",
    "type_pairing": "pairing",
    "type_stand": "stand",
    "type_projection": "projection",
    "type_party": "party",
    "type_open": "open",
    "type_meetup": "meetup",
    "type_hackathon": "hackathon",
    "type_other": "other",
    "level_none": "for everybody",
    "level_beginner": "beginner",
    "level_advanced": "advanced",
    "level_expert": "expert",
    "recording_mandatory": "recorded in any case",
    "recording_if-possible": "recorded where possible",
    "recording_no": "not recorded",
    "link_to": "{name}: {address}",
    "rel_slides": "Slides",
    "rel_recording": "Recording",
    # --- chapter
    "subscribe_lead": "Add this calendar to the program on your phone or computer; it stays "
    "current by itself.",
    "webcal": "Open in my calendar",
    "copy_feed": "Copy the address",
    "copy_link": "Copy the link",
    "copied": "Copied",
    "atom": "Atom feed",
    "ics": "Calendar file",
    "share": "Share this chapter",
    "share_lead": "Whoever has this link can follow the chapter with p2pevents.",
    "share_qr": "The link as a picture to scan",
    "local_only": "These addresses work on this machine alone. For others, set public_url in the "
    "configuration.",
    "when_cancelled": "What is cancelled",
    "mode_cancelled": "is marked as cancelled",
    "mode_remove": "is left out",
    "mode_keep-with-title": "stays, and its title says so",
    "chapter_id": "Chapter id",
    # --- what is written around a programme
    "paper_notice": "Notice",
    "paper_call": "Open call",
    "paper_recap": "What came of it",
    "paper_until": "until {day}",
    "paper_came": ("{n} person came", "{n} people came"),
    "paper_expected": ("{n} was expected", "{n} were expected"),
    "paper_lessons": "For the next time",
    # --- notices
    "stale": "{name} was heard of in full until {day}. Nobody has said since what is planned.",
    "incomplete": "{name} is not whole here: of what was known on {day}, {n} lack.",
    "complete": "Complete as of {day}.",
    "notice_floor": "What is here of this chapter is older than your link: nothing is shown "
    "before the rest has arrived.",
    "notice_elsewhere": "Your link follows other leads than those that this node knows. Nothing "
    "was switched; ask whoever gave you the link.",
    "notice_leads": "The leads of {name} disagree on who leads it. What they had in common is "
    "shown.",
    "notice_guardians": "The guardians of {name} name new leads. These are shown from {day} on, "
    "unless the leads speak before.",
    "notice_alike": "{name} ({id}) is not {other} ({other_id}), though the names look alike. Ask "
    "whoever gave you the link for its four words, and compare them on the chapter's page.",
    "calls_itself": "calls itself {name}",
    "chapter_words": "Four words to compare with others who follow this chapter",
    # --- forms
    "title": "Title",
    "start": "Starts",
    "start_hint": "2027-01-06 18:30, or a day alone while the hour is open",
    "end": "Ends",
    "end_hint": "23:00; 00:30 is after midnight; or a day and an hour",
    "venue": "Place",
    "address": "Address",
    "stream": "Link to watch",
    "description": "Description",
    "tags": "Tags",
    "commas": "with commas between",
    "time_zone": "Time zone",
    "status": "Status",
    "confirmed": "Confirmed",
    "reason": "Reason",
    "save": "Announce",
    "check": "Check",
    "doctor": "Schedule doctor",
    "doctor_well": "Nothing odd was found.",
    "doctor_idle": "What looks odd is named here as you type.",
    "doctor_needs_js": "Press Check to have it looked at.",
    "editing": "Edit event",
    "edit_session": "Edit session",
    "edit_date": "Edit this date",
    "new_session": "New session",
    "another_session": "Another session",
    "skip_date": "Skip or move this date",
    "skip_lead": "It stays visible as skipped, with the day that stands for it.",
    "skip_to": "Another day instead",
    "skip_to_hint": "At the same hour. Leave it open where no other day stands for it.",
    "skip_save": "Skip this date",
    "go_on": "Change from this date on",
    "go_on_lead": "What was until then stays as it was; the series goes on from this date by what "
    "you change here.",
    "go_on_said": "Something was said already of {days}; it stays with what was until then. Say it "
    "again of the new dates.",
    "nth": "How often",
    "weekday": "Weekday",
    "unchanged": "By the rule until now",
    "nth_every": "every week",
    "nth_other": "every other week",
    "nth_first": "the first of the month",
    "nth_second": "the second of the month",
    "nth_third": "the third of the month",
    "nth_fourth": "the fourth of the month",
    "nth_last": "the last of the month",
    "to_series": "Does it come back by a rule? Announce a series.",
    "to_event": "Does it take place once? Announce an event.",
    "rule": "How often",
    "rule_hint": "first Wednesday; every Thursday; every 2 weeks on Thursday; last Friday of the "
    "month",
    "first": "First date",
    "first_hint": "Left open, the first by the rule from today on.",
    "hour": "18:30",
    "end_hour": "23:00; 00:30 is after midnight",
    "first_dates": "Its first dates: {days}.",
    "locale": "Language of the text",
    "session_start_hint": "19:00 on the day of the event; 2027-01-06 19:00; or a day alone while "
    "the hour is open",
    "speakers": "Speakers",
    "type": "Kind",
    "unsaid": "Nothing said",
    "ends_at": "ends {day} at {hour}",
    # --- join
    "join": "Join {name}",
    "join_lead": "Next dates, no account needed.",
    "join_calendar": "Add to my calendar",
    "join_app": "Follow with the app",
    "join_app_lead": "With p2pevents on your machine, this link opens it. Without it, the "
    "calendar above is all you need.",
    # --- errors
    "error": "That did not work",
    "not_found": "There is nothing here",
    "not_found_lead": "The event may have been taken back, or the address is not whole.",
    "refused": "This window may only read",
    "refused_lead": "Open the page with the command below, then try again.",
    "back": "Back to the agenda",
}


class Words:
    """The pages' words in one language, by name: `t.agenda`, `t("sessions", n=3)`; days, too.

    Attributes:
        tongue: the language's tag.
    """

    def __init__(self, language: str = DEFAULT) -> None:
        self._catalogue = catalogue_of(language)
        self.tongue = self._catalogue.language

    def __getattr__(self, name: str) -> str:
        if name not in ENGLISH:
            raise AttributeError(name)
        return self(name, n=2)

    def __call__(self, name: str, /, *, n: int = 0, **values: object) -> str:
        """Return words with what they leave open filled in; of one or of several by `n`."""
        said, context = ENGLISH[name], context_of(name)
        if isinstance(said, str):
            return self._catalogue.text(said, context=context, n=n, **values)
        return self._catalogue.many(*said, n, context=context, **values)

    def known(self, group: str, name: str) -> str:
        """Return the word for a name of an open list, such as a session's type; else the name."""
        return self(f"{group}_{name}") if f"{group}_{name}" in ENGLISH else name

    def label(self, link: Link) -> str:
        """Return what a link is called: its title, else what it leads to, else its address."""
        return link.title or (self.known("rel", link.rel) if link.rel in RELS else link.href)

    def choice(self, name: str, value: str) -> str:
        """Return the word for a value that a form lets one choose."""
        if name == "weekday":
            day = Day(2024, 1, 1 + WEEKDAYS.index(value))  # a Monday and the days after it
            return self.heading(day, "EEEE")
        if name == "locale":
            said = self.language_name(value)
        else:
            said = self(value) if name == "status" else self.known(name, value)
        return said[:1].upper() + said[1:]

    def rule_name(self, name: str) -> str:
        """Return what a rule of the schedule doctor is called."""
        return self._catalogue.text(name, context="rule")

    def message(self, written: str) -> str:
        """Return what another room wrote in English, such as an error."""
        return self._catalogue.message(written)

    def date(self, day: Day, form: str = "EEEE d MMMM y") -> str:
        """Return a day, in a form of babel's."""
        return day_text(day, form, language=self.tongue)

    def heading(self, day: Day, form: str = "EEEE d MMMM y") -> str:
        """Return a day that begins a line."""
        text = self.date(day, form)
        return text[:1].upper() + text[1:]

    def day_of(self, moment_ms: int | None) -> str:
        """Return the day of a moment, in ms since 1970, by the clock of UTC."""
        seconds = min(moment_ms or 0, LAST_MS) / 1000
        return self.date(datetime.fromtimestamp(seconds, tz=UTC).date(), "d MMMM y")

    def dates(self, first: Day, last: Day) -> str:
        """Return several days, from the first to the last."""
        return days_text(first, last, language=self.tongue)

    def ago(self, milliseconds: int) -> str:
        """Return how long ago something was."""
        return ago(milliseconds, language=self.tongue)

    def language_name(self, tag: str) -> str:
        """Return the name of a language; its tag where it has none."""
        from babel import Locale, UnknownLocaleError

        try:
            return Locale.parse(tag, sep="-").get_display_name(self.tongue) or tag
        except (UnknownLocaleError, ValueError):
            return tag


def context_of(name: str) -> str:
    """Return the context of a word in the catalogue: one English word may mean several things."""
    return f"page {name}"
