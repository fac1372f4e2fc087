"""The jobs of meltano.yml on Airflow 3, one task each, by its own Bash operator.

The folder of the project stands in the environment variable MONSTOCK_STRIPE_HOME of the workers
(default /srv/monstock-stripe), the keys in its .env or in the environment of the workers. A run
that is not complete fails its task; the next one goes on from where it stopped.
The reconciliation needs its loader, once: `.venv/bin/meltano install loader target-duckdb`.
"""

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

COMMAND = (
    'cd "${MONSTOCK_STRIPE_HOME:-/srv/monstock-stripe}"'
    " && exec .venv/bin/meltano --environment=prod --log-level=warning run "
)
SCHEDULES = {
    "stripe-to-monstock": "*/5 * * * *",
    "monstock-to-stripe": "*/15 * * * *",
    "reconcile": "15 3 * * *",  # fails where something is to be looked at
}

for job, schedule in SCHEDULES.items():
    with DAG(
        dag_id=job,
        schedule=schedule,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,  # a run reads all that is new, so a missed one need not be made up for
        max_active_runs=1,  # the ledger has one writer
        default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    ) as dag:
        BashOperator(
            task_id="run",
            bash_command=COMMAND + job,
            append_env=True,
            execution_timeout=timedelta(hours=6),
        )
    globals()[job.replace("-", "_")] = dag  # where Airflow finds it
