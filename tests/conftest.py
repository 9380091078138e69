"""Fixtures that every floor's tests share."""

import os
from pathlib import Path

import pytest

from llpt.threads import ASLEEP

# Before the first test imports torch: see ``ASLEEP``.
for name, value in ASLEEP.items():
    os.environ.setdefault(name, value)
# Tests that run beside each other share the processors between them.
workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if workers > 1:
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, str(max(1, (os.cpu_count() or 1) // workers)))

REFERENCE = Path(__file__).resolve().parents[1] / ".." / "shared" / "reference"


@pytest.fixture(scope="session")
def reference_directory() -> Path:
    """Values from independent programs, beside the repository; a test that needs them skips where they are absent."""
    if not REFERENCE.is_dir():
        pytest.skip("values from independent programs (../shared/reference) are not here")
    return REFERENCE
