# SPDX-License-Identifier: BSD-2-Clause
import os

import pytest
from hypothesis import HealthCheck, settings

# Builds and other tests may run beside us: a slow example is not a failure.
# On CI the examples are the same each time, for a new one is no fault of the change at hand.
COMMON = {
    "derandomize": os.environ.get("CI") == "true",
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
settings.register_profile("default", max_examples=60, **COMMON)
settings.register_profile("slow", max_examples=1000, **COMMON)
SLOW = os.environ.get("LADLE_SLOW") == "1"
settings.load_profile("slow" if SLOW else "default")


def pytest_collection_modifyitems(items):
    """Tests marked as slow run with LADLE_SLOW=1 only: 'make test-slow'."""
    for item in [] if SLOW else items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow: LADLE_SLOW=1 runs it"))


@pytest.fixture
def path(tmp_path):
    """Where to write a file; nothing is there yet, and nothing else in its directory."""
    return tmp_path / "data.ladle"
