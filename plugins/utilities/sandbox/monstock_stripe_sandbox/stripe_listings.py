"""What each list takes, demands, filters by and hides: one `Listing` for each path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from monstock_stripe_sandbox import stripe_params as params
from monstock_stripe_sandbox.resources.data import Parameter
from monstock_stripe_sandbox.stripe_catalog import LISTS, PAGING, ServedList
from monstock_stripe_sandbox.stripe_errors import missing_parameter
from monstock_stripe_sandbox.stripe_filters import FILTERS, Filter
from monstock_stripe_sandbox.stripe_further_filters import filters_of
from monstock_stripe_sandbox.stripe_params import Check, Raw
from monstock_stripe_sandbox.stripe_store import Value

_PAGING: dict[str, Check] = {
    "limit": params.limit,
    "starting_after": params.text,
    "ending_before": params.text,
    "expand": params.texts(),
}
Hides = Callable[[Value, Mapping[str, Any]], bool]
"""(object, parameters) → whether the list keeps quiet about it, as it was asked."""


@dataclass(frozen=True, slots=True)
class Listing:
    """How one list answers.

    Attributes:
        kind: the shelf that it reads.
        permission: the kind that a restricted key must be allowed to read.
        filters: by parameter.
        checks: how each parameter is read, those of paging included.
        required: the parameters without which it refuses.
        objects: what its objects may say in `object`.
        hides: what it leaves out unless asked; None for nothing.
    """

    kind: str
    permission: str
    filters: Mapping[str, Filter]
    checks: Mapping[str, Check]
    required: tuple[str, ...]
    objects: tuple[str, ...]
    hides: Hides | None = None

    def parameters(self, raw: Mapping[str, Raw]) -> dict[str, Any]:
        """Return the values of a request's parameters.

        Raises:
            StripeError: one is unknown, missing, or not a value that it takes.
        """
        given = params.checked(raw, self.checks)
        for name in self.required:
            if name not in given:
                raise missing_parameter(name)
        return given


def _of_test_clocks(value: Value, given: Mapping[str, Any]) -> bool:
    return bool(value.get("test_clock")) and not given.keys() & {"test_clock", "customer"}


def _canceled(value: Value, given: Mapping[str, Any]) -> bool:
    canceled = "status" not in given and value["status"] == "canceled"
    return canceled or _of_test_clocks(value, given)


def _of_customers(value: Value, given: Mapping[str, Any]) -> bool:
    return "owner" not in given and (value["owner"] or {}).get("type", "self") != "self"


_HIDES: dict[str, Hides] = {
    "/v1/customers": _of_test_clocks,
    "/v1/quotes": _of_test_clocks,
    "/v1/subscription_schedules": _of_test_clocks,
    "/v1/subscriptions": _canceled,
    "/v1/tax_ids": _of_customers,
}
"""Stripe API reference: each list's chapter ("If no value is supplied, …")."""


def _listing(served: ServedList) -> Listing:
    modelled = not served.nested and served.kind in FILTERS
    filters = FILTERS[served.kind] if modelled else filters_of(served)
    paging = {name: _PAGING[name] for name in PAGING & served.parameters.keys()}
    checks = paging | {name: entry.check for name, entry in filters.items()}
    hides = _HIDES.get(served.path)
    permission = served.parent if served.kind == "item" else served.kind
    return Listing(served.kind, permission, filters, checks, served.required, served.objects, hides)


LISTINGS: dict[str, Listing] = {path: _listing(served) for path, served in LISTS.items()}
REFUNDS_OF_CHARGE = Listing("refund", "refund", {}, _PAGING, (), ("refund",))
"""`/v1/charges/{id}/refunds`, which the stripe package has no method for any more."""


def single_checks(parameters: Mapping[str, Parameter]) -> dict[str, Check]:
    """Return how the parameters of a single object are read."""
    return {name: params.texts() if name == "expand" else params.text for name in parameters}
