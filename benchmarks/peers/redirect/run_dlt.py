"""Runs in dlt's environment: loads Stripe's lists into JSON lines in a folder.

`stripe_analytics`, dlt's verified source, must be importable. Arguments: the folder, the key, the
start date, and the endpoints as that source names them.
"""

# mypy: disable-error-code="import-not-found"
# What it imports is in dlt's environment only.
import sys

import dlt
from dlt.common.pendulum import pendulum
from dlt.destinations import filesystem
from stripe_analytics import stripe_source

folder, key, start_date, *endpoints = sys.argv[1:]
pipeline = dlt.pipeline(
    pipeline_name="peers",
    pipelines_dir=f"{folder}/work",
    destination=filesystem(f"file://{folder}/out"),
    dataset_name="stripe",
)
source = stripe_source(tuple(endpoints), key, pendulum.parse(start_date))
print(pipeline.run(source, loader_file_format="jsonl"), file=sys.stderr)
