"""The examples for schedulers start what there is, and tell how it ended."""

from __future__ import annotations

import ast
import fcntl
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.selling import Seller
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SRV, LOCKS = "/srv/monstock-stripe", "/run/lock"
PYTHON = {"airflow": "airflow/monstock_stripe.py", "dagster": "dagster/monstock_stripe.py"}


def schedules() -> dict[str, str]:
    """What meltano.yml schedules, without the one for both directions."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    return {each["job"]: each["interval"] for each in project["schedules"] if each["job"] != "sync"}


def constants(example: str) -> dict[str, Any]:
    """The constants of a Python example."""
    found = {}
    for statement in ast.parse((EXAMPLES / example).read_text()).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            try:
                found[statement.targets[0].id] = ast.literal_eval(statement.value)
            except ValueError:
                continue
    return found


def crontab() -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """The variables of the crontab, and by job when and what it starts."""
    variables, jobs = {}, {}
    for line in (EXAMPLES / "cron/monstock-stripe").read_text().splitlines():
        if found := re.fullmatch(r"([A-Z_]+)=(.*)", line):
            variables[found[1]] = found[2]
        elif line and not line.startswith("#"):
            *times, _user, command = line.split(None, 6)
            jobs[command.split()[-1]] = (" ".join(times), command)
    return variables, jobs


@pytest.mark.parametrize("example", PYTHON.values())
def test_schedules_of_the_examples_are_those_of_the_project(example: str) -> None:
    assert constants(example)["SCHEDULES"] == schedules()


def test_the_crontab_starts_the_jobs_of_the_project_when_it_says() -> None:
    _, jobs = crontab()
    assert {job: when for job, (when, _) in jobs.items()} == schedules()


@pytest.mark.parametrize("unit", ["live-payments", "live-orders"])
def test_units_start_a_job_of_the_project(unit: str) -> None:
    jobs = {job["name"] for job in yaml.safe_load((ROOT / "meltano.yml").read_text())["jobs"]}
    (command,) = re.findall(
        r"^ExecStart=(.*)$", (EXAMPLES / f"systemd/{unit}.service").read_text(), re.MULTILINE
    )
    assert command.startswith(f"{SRV}/.venv/bin/meltano ")
    assert command.split()[-1] == unit
    assert unit in jobs


@dataclass
class Home:
    """A folder in the place of /srv/monstock-stripe, with what the project needs to run."""

    folder: Path
    environment: dict[str, str]

    def placed(self, command: str) -> str:
        return command.replace(SRV, str(self.folder)).replace(LOCKS, str(self.folder))

    def run(
        self, shell: str, command: str, more: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [shell, "-c", self.placed(command)],
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def trade() -> Iterator[tuple[RunningSandbox, Seller, str]]:
    """A sandbox with one order that is paid at Stripe."""
    with running_sandbox() as sandbox:
        seller = Seller(sandbox.monstock_url)
        (order,) = [one.order for one in seller.order(1_200, paid=True)]
        yield sandbox, seller, order


@pytest.fixture
def home(tmp_path: Path, trade: tuple[RunningSandbox, Seller, str]) -> Home:
    sandbox = trade[0]
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(ROOT / "meltano.yml", folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    project = MeltanoProject(folder, tmp_path, sandbox.stripe_url, sandbox.monstock_url)
    live = {"TARGET_MONSTOCK_EXPECT_LIVEMODE": "false"}
    keys = {"STRIPE_API_KEY": "sk_test_sandbox", "MONSTOCK_API_TOKEN": "monstock-sandbox-token"}
    profile = {"MONSTOCK_PROFILE": "monstock"}
    return Home(folder, project.environment | live | keys | profile)


@pytest.mark.slow
def test_cron_runs_the_job_lets_a_second_pass_and_tells_of_a_failure(
    home: Home, trade: tuple[RunningSandbox, Seller, str]
) -> None:
    _, seller, order = trade
    variables, jobs = crontab()
    command = jobs["stripe-to-monstock"][1]
    assert variables["SHELL"] == "/bin/sh"

    with (home.folder / "monstock-stripe.payments").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = home.run("/bin/sh", command, variables)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
        assert seller.first_paid([order])[order] is None

    done = home.run("/bin/sh", command, variables | {"MONSTOCK_API_TOKEN": "wrong"})
    assert done.returncode != 0
    assert "api_token" in done.stdout + done.stderr

    done = home.run("/bin/sh", command, variables)
    assert done.returncode == 0, done.stderr
    assert seller.first_paid([order])[order] is not None


@pytest.mark.slow
def test_airflows_command_runs_the_job_and_fails_with_it(
    home: Home, trade: tuple[RunningSandbox, Seller, str]
) -> None:
    _, seller, order = trade
    command = constants(PYTHON["airflow"])["COMMAND"] + "stripe-to-monstock"
    done = home.run("bash", command, {"STRIPE_API_KEY": "sk_test_wrong"})
    assert done.returncode != 0
    assert "api_key" in done.stdout + done.stderr

    done = home.run("bash", command, {"MONSTOCK_STRIPE_HOME": str(home.folder)})
    assert done.returncode == 0, done.stderr
    assert seller.first_paid([order])[order] is not None
