"""A tap as one writes it with the SDK in half an hour: what a stream costs without further ado.

It reads payment intents with the same full schema as tap-stripe-ext, page after page, decodes each
page once and leaves the records to the SDK: `python -m benchmarks.plain_tap --config config.json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import requests
from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.helpers.types import Context
from tap_stripe_ext.schemas import load_schema


class PlainPaymentIntents(Stream):
    """Payment intents, one page after the other."""

    name = "payment_intents"
    primary_keys = ("id",)
    schema = load_schema("payment_intents")

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:  # noqa: ARG002
        """Yield each payment intent."""
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.config['api_key']}"
        params: dict[str, Any] = {"limit": 100}
        while True:
            answer = session.get(f"{self.config['api_base']}/v1/payment_intents", params=params)
            answer.raise_for_status()
            page = answer.json()
            yield from page["data"]
            if not page["has_more"]:
                return
            params["starting_after"] = page["data"][-1]["id"]


class PlainTap(Tap):
    """The tap."""

    name = "plain-tap"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("api_base", th.StringType), th.Property("api_key", th.StringType)
    ).to_dict()

    def discover_streams(self) -> Sequence[Stream]:
        """Return the one stream."""
        return [PlainPaymentIntents(self)]


if __name__ == "__main__":
    PlainTap.cli()
