"""What every test starts from: a hypothesis profile, and nothing of the machine it runs on."""

import os

from hypothesis import HealthCheck, settings

# The tests read English, whatever the machine they run on speaks; what is started speaks it too.
os.environ["LANGUAGE"] = "en"

# No deadline: a shared machine is slow now and then, and that is no fault of the code. What is
# slow on purpose has a budget in .ci/run instead.
settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=500,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "soak",
    max_examples=20_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def profile_name() -> str:
    """The profile asked for by HYPOTHESIS_PROFILE, else `ci` where CI is true, else `dev`."""
    return os.environ.get("HYPOTHESIS_PROFILE") or (
        "ci" if os.environ.get("CI") == "true" else "dev"
    )


settings.load_profile(profile_name())
