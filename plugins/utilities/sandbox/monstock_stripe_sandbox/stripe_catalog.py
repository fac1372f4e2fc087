"""Every list of Stripe's API as the stand-in serves it, derived from `stripe_resources.json`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from monstock_stripe_sandbox.resources.data import Endpoint, Parameter, Shape, resources

PAGING = frozenset({"limit", "starting_after", "ending_before", "expand"})
NOT_SERVED = frozenset({"/v1/credit_notes/preview/lines"})
"""Reckoned from a draft that comes with the request: nothing that a list could hold."""

_ID = re.compile(r"\{(\w+)\}")
_KIND_OF_PATH = {
    "/v1/accounts/{}/external_accounts": "external_account",
    "/v1/customers/{}/sources": "customer_source",
}
"""Cards and bank accounts live in two places, and are never in both."""

_PARENT_OF_PARAMETER = {
    "/v1/entitlements/active_entitlements": ("customer", "customer"),
    "/v1/financial_connections/transactions": ("account", "financial_connections.account"),
    "/v1/issuing/tokens": ("card", "issuing.card"),
    "/v1/payment_attempt_records": ("payment_record", "payment_record"),
    "/v1/radar/value_list_items": ("value_list", "radar.value_list"),
    "/v1/setup_attempts": ("setup_intent", "setup_intent"),
    "/v1/subscription_items": ("subscription", "subscription"),
}
"""Lists that demand the id of a parent as a parameter: which one, and of what kind."""

_BY_FIELD = {"/v1/customers/{customer}/payment_methods": "customer"}
"""Lists that show a part of another list: which field of its objects names the parent."""

_EMBEDDED_THOUGH_OPTIONAL = {("account", "external_accounts")}


@dataclass(frozen=True)
class ServedList:
    """One list of the API.

    Attributes:
        path: with the parent's id in braces, where there is a parent in the path.
        kind: the shelf that its objects stand on.
        objects: what its objects may say in `object`.
        parameters: all that it takes, paging included.
        parent: the kind of object that it hangs on; "" for none.
        parent_parameter: the parameter that takes the parent's id, where the path does not.
        single: the path of one of its objects; "" where Stripe has none.
    """

    path: str
    kind: str
    objects: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    parent: str = ""
    parent_parameter: str = ""
    single: str = ""

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The parameters without which Stripe refuses the request."""
        return tuple(name for name, entry in self.parameters.items() if entry.required)

    @property
    def created_filter(self) -> bool:
        """Whether it takes `created`."""
        return "created" in self.parameters

    @property
    def paged(self) -> bool:
        """Whether it takes `limit` and `starting_after`."""
        return "limit" in self.parameters

    @property
    def nested(self) -> bool:
        """Whether the parent's id stands in its path."""
        return "{" in self.path

    def url(self, parent: str = "") -> str:
        """Return the address of the list, under this parent where it has one in its path."""
        return _ID.sub(lambda _: parent, self.path)

    def home(self, parent: str) -> str:
        """Return what names this parent's part of the list."""
        return self.url(parent) if self.nested else f"{self.path}?{self.parent_parameter}={parent}"

    @property
    def by_field(self) -> str:
        """The field that names the parent, where the objects live in another list; or ""."""
        return _BY_FIELD.get(self.path, "")

    @cached_property
    def embedded_in(self) -> str:
        """The field of the parent in which the beginning of the list always stands, or ""."""
        for name, shape in resources().models.get(self.parent, {}).items():
            always = not shape.optional or (self.parent, name) in _EMBEDDED_THOUGH_OPTIONAL
            if shape.kind == "list" and always and set(shape.of) == set(self.objects):
                return name
        return ""


def kind_at(path: str, objects: tuple[str, ...]) -> str:
    """Return the shelf of what is listed, or asked for, at a path."""
    return _KIND_OF_PATH.get(_normal(path), objects[0])


def placeholders(path: str) -> tuple[str, ...]:
    """Return the names of the ids in a path, in their order."""
    return tuple(_ID.findall(path))


def _normal(path: str) -> str:
    return _ID.sub("{}", path)


SINGLES: dict[str, Endpoint] = {_normal(each.path): each for each in resources().singles}


def _parent(endpoint: Endpoint) -> tuple[str, str]:
    if "{" not in endpoint.path:
        return _PARENT_OF_PARAMETER.get(endpoint.path, _financial_account(endpoint))[::-1]
    above = SINGLES[_normal(endpoint.path).rpartition("/")[0]]
    return above.objects[0], ""


def _financial_account(endpoint: Endpoint) -> tuple[str, str]:
    given = endpoint.parameters.get("financial_account")
    demanded = given is not None and given.required
    return ("financial_account", "treasury.financial_account") if demanded else ("", "")


def _served() -> dict[str, ServedList]:
    found = {}
    for endpoint in resources().lists:
        if endpoint.path in NOT_SERVED:
            continue
        parent, parameter = _parent(endpoint)
        kind = kind_at(endpoint.path, endpoint.objects)
        single = SINGLES.get(f"{_normal(endpoint.path)}/{{}}")
        found[endpoint.path] = ServedList(
            endpoint.path,
            kind,
            endpoint.objects,
            endpoint.parameters,
            parent,
            parameter,
            "" if single is None else single.path,
        )
    return found


LISTS: dict[str, ServedList] = _served()


def _main_lists() -> dict[str, ServedList]:
    """Where two lists hold the same kind, the main one is that which hangs on nothing."""
    found: dict[str, ServedList] = {}
    for served in sorted(LISTS.values(), key=lambda each: (each.nested, each.path)):
        found.setdefault(served.kind, served)
    return found


MAIN_LIST: dict[str, ServedList] = _main_lists()


def model(object_name: str) -> Mapping[str, Shape]:
    """Return the fields of an object."""
    return resources().models[object_name]
