"""Whether the configuration says what can be."""

from __future__ import annotations

from collections.abc import Iterator

from p2pevents.node.config import load_config
from p2pevents.node.doctor.patient import Finding, Grade, Patient

__all__ = ["configuration_is_sound"]


def configuration_is_sound(patient: Patient) -> Iterator[Finding]:
    """Read it again: what is wrong with it is said as at the start of a node."""
    path = patient.home.config
    if not path.exists():
        yield Finding(grade=Grade.GOOD, message="there is none: the defaults hold")
        return
    config = load_config(path)
    network = "" if config.network == "main" else f", network {config.network}"
    yield Finding(grade=Grade.GOOD, message=f"{path} can be read{network}")
