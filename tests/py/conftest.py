# SPDX-License-Identifier: BSD-2-Clause
import os

import pytest
from hypothesis import HealthCheck, settings

# Builds and other tests may run beside us: a slow example is not a failure.
COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
settings.register_profile("default", max_examples=60, **COMMON)
settings.register_profile("slow", max_examples=1000, **COMMON)
settings.load_profile("slow" if os.environ.get("LADLE_SLOW") == "1" else "default")


@pytest.fixture
def path(tmp_path):
    """Where to write a file; nothing is there yet, and nothing else in its directory."""
    return tmp_path / "data.ladle"
