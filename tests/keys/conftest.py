"""What tests of keys share: a cost of passphrases that costs nothing, and known keys."""

import pytest

from p2pevents.keys.passphrase import MEMLIMIT_BYTES_MIN, Cost
from p2pevents.keys.secret import Passphrase, Secret


@pytest.fixture(scope="session")
def cheap() -> Cost:
    return Cost(opslimit=1, memlimit_bytes=MEMLIMIT_BYTES_MIN)


@pytest.fixture(scope="session")
def secret() -> Secret:
    return Secret(bytes(range(32)))


@pytest.fixture(scope="session")
def passphrase() -> Passphrase:
    return Passphrase("une phrase de passe")
