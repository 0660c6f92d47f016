"""Whether others reach the running node, as its peers found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from p2pevents.node.core.reach import Sight
from p2pevents.node.doctor.patient import Finding, Grade, Patient
from p2pevents.node.reach_words import reach_hint, reach_words

__all__ = ["others_reach_it"]

_GRADES: Final = {
    Sight.OUTSIDE.value: Grade.GOOD,
    Sight.NEARBY.value: Grade.NOTE,
    Sight.UNREACHED.value: Grade.BAD,
}


def others_reach_it(patient: Patient) -> Iterator[Finding]:
    """Look at what peers said who dialled back; a light client is dialled by nobody."""
    if patient.present is None or not patient.present.get("addresses"):
        return
    facts = patient.present.get("reach", {})
    yield Finding(
        grade=_GRADES.get(facts.get("sight"), Grade.NOTE),
        message=reach_words(facts),
        hint=reach_hint(facts),
    )
