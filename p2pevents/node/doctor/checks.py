"""All checks, in the order in which a person reads what they found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from p2pevents.errors import LogDamagedError, P2PEventsError
from p2pevents.node.doctor.clock import clock_agrees
from p2pevents.node.doctor.configuration import configuration_is_sound
from p2pevents.node.doctor.daemon import node_runs
from p2pevents.node.doctor.disk import disk_has_room
from p2pevents.node.doctor.disputes import organisers_agree
from p2pevents.node.doctor.expiry import grants_last
from p2pevents.node.doctor.folder import home_is_private
from p2pevents.node.doctor.keys import keys_are_sound
from p2pevents.node.doctor.next_date import next_date_is_said
from p2pevents.node.doctor.patient import Check, Finding, Grade, Patient
from p2pevents.node.doctor.peers import peers_are_known
from p2pevents.node.doctor.reach import others_reach_it
from p2pevents.node.doctor.sheet import sheets_are_on_paper
from p2pevents.node.doctor.store import log_is_whole, private_log_is_whole

__all__ = ["CHECKS", "examine"]

CHECKS: Final[Mapping[str, Check]] = {
    "home": home_is_private,
    "configuration": configuration_is_sound,
    "keys": keys_are_sound,
    "disk": disk_has_room,
    "log": log_is_whole,
    "private": private_log_is_whole,
    "clock": clock_agrees,
    "node": node_runs,
    "reach": others_reach_it,
    "peers": peers_are_known,
    "sheet": sheets_are_on_paper,
    "grants": grants_last,
    "disputes": organisers_agree,
    "next date": next_date_is_said,
}


def examine(patient: Patient) -> Iterator[tuple[str, Finding]]:
    """Yield what each check finds, with its name. A check that fails is itself a finding.

    That the log is damaged is said once, by the check that looks for it.
    """
    for name, check in CHECKS.items():
        try:
            for finding in check(patient):
                yield name, finding
        except LogDamagedError:
            continue
        except P2PEventsError as error:
            yield name, Finding(grade=Grade.BAD, message=error.message, hint=error.hint)
