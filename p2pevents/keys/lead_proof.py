"""Both keys of somebody who is to be a lead, each with its proof, as one text to send.

Specified in docs/spec/keys.md.
"""

from __future__ import annotations

from typing import Final

from p2pevents.errors import InputError
from p2pevents.keys.proof import PROOF_PREFIX, proof_of, read_key
from p2pevents.keys.secret import Secret
from p2pevents.record.entry import Lead

__all__ = ["LEAD_PREFIX", "lead_proof_of", "read_lead"]

LEAD_PREFIX: Final = "p2pevents-lead:"
_HINT: Final = "ask for it again: `p2pevents organiser join --lead` prints it"


def lead_proof_of(*, daily: Secret, charter: Secret) -> str:
    """Return the public halves of a daily key and a charter key with their proofs."""
    proofs = (proof_of(secret).removeprefix(PROOF_PREFIX) for secret in (daily, charter))
    return LEAD_PREFIX + "+".join(proofs)


def read_lead(text: str) -> Lead:
    """Read the two keys of somebody who is to be a lead.

    Raises:
        InputError: the text is another, is not whole, or a proof in it fails.
    """
    said = text.strip()
    daily, plus, charter = said.removeprefix(LEAD_PREFIX).partition("+")
    if not said.startswith(LEAD_PREFIX) or not plus:
        raise InputError("these are not the two keys of a lead", hint=_HINT)
    lead = Lead(
        charter=read_key(PROOF_PREFIX + charter),
        daily=read_key(PROOF_PREFIX + daily),
    )
    if lead.charter == lead.daily:
        raise InputError("a lead has two keys, and these are one twice", hint=_HINT)
    return lead
