"""The jobs of meltano.yml on Dagster, each with its schedule.

The folder of the project stands in the environment variable MONSTOCK_STRIPE_HOME (default
/srv/monstock-stripe), the keys in its .env or in the environment. A run that is not complete fails
its job; the next one goes on from where it stopped. `dagster dev -f monstock_stripe.py` shows it.
The reconciliation needs its loader, once: `.venv/bin/meltano install loader target-duckdb`.
"""

import os
import subprocess

import dagster as dg

SCHEDULES = {
    "stripe-to-monstock": "*/5 * * * *",
    "monstock-to-stripe": "*/15 * * * *",
    "reconcile": "15 3 * * *",  # fails where something is to be looked at
}
UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def scheduled(meltano_job: str, cron: str) -> tuple[dg.JobDefinition, dg.ScheduleDefinition]:
    """Make a job of Meltano's one of Dagster's, with its schedule."""
    name = meltano_job.replace("-", "_")

    @dg.op(name=f"run_{name}")
    def run(context: dg.OpExecutionContext) -> None:
        home = os.environ.get("MONSTOCK_STRIPE_HOME", "/srv/monstock-stripe")
        command = [".venv/bin/meltano", "--environment=prod", "--log-level=warning", "run"]
        done = subprocess.run(  # noqa: S603 - our own command
            [*command, meltano_job],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        for line in done.stdout.splitlines():
            context.log.info(line)
        if done.returncode:
            raise dg.Failure(f"meltano run {meltano_job} ended with status {done.returncode}")

    @dg.job(name=name)
    def job() -> None:
        run()

    @dg.schedule(name=f"{name}_schedule", job=job, cron_schedule=cron, execution_timezone="UTC")
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        # The ledger has one writer.
        busy = dg.RunsFilter(job_name=name, statuses=UNDER_WAY)
        if context.instance.get_runs(busy, limit=1):
            return dg.SkipReason("the last run is still under way")
        return dg.RunRequest()

    return job, schedule


PAIRS = [scheduled(job, cron) for job, cron in SCHEDULES.items()]
defs = dg.Definitions(jobs=[job for job, _ in PAIRS], schedules=[each for _, each in PAIRS])
