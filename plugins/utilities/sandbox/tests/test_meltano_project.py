"""Running Meltano as the demo and the tests do."""

import signal
from pathlib import Path

import psutil
import pytest
from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.testing import running_sandbox

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.slow
def test_no_process_outlives_a_run_that_is_interrupted(tmp_path: Path) -> None:
    before = set(psutil.Process().children(recursive=True))
    with running_sandbox() as sandbox:
        project = MeltanoProject(ROOT, tmp_path, sandbox.stripe_url, sandbox.monstock_url)
        heard = signal.signal(signal.SIGALRM, signal.default_int_handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, 4)  # Meltano is up and starts the plugins
            with pytest.raises(KeyboardInterrupt):
                project.run("run", "stripe-to-monstock")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, heard)
    assert set(psutil.Process().children(recursive=True)) - before == set()
