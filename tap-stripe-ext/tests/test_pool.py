"""The threads that requests run in."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tap_common.testing import SOON

# Each thread's stack takes 64 MB here, and there is room for some of them only.
_TOO_MANY = """
import resource, threading
from pathlib import Path
from tap_common.errors import SettingError
from tap_stripe_ext.pool import Pool

threading.stack_size(64 << 20)
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + (250 << 20),) * 2)
pool = Pool(16)
try:
    pool.start_all_threads()
except SettingError as error:
    print(error)
finally:
    pool.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_threads_that_the_system_refuses_are_said_and_nothing_hangs() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _TOO_MANY], capture_output=True, text=True, timeout=SOON, check=True
    )
    assert run.stdout.startswith("Setting concurrency is 16, but the system refuses more than")
    assert run.stderr == ""
