"""As much of Stripe as collecting needs: objects in its shapes, and calls that can be cut off."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from monstock_stripe_core.stripe_collected import (
    LINE_KEY,
    Action,
    Collected,
    CollectionStep,
    intent_collected,
    invoice_collected,
    link_collected,
)
from monstock_stripe_core.stripe_collection_params import (
    lines_params,
    link_note_params,
    no_lines_params,
)
from monstock_stripe_core.stripe_demand import Demand, OrderAs
from monstock_stripe_core.stripe_intention import Intention

_PREFIX = {"payment_intent": "pi", "invoice": "in", "payment_link": "plink"}


_PAYABLE = ("requires_payment_method", "open", "active")
_TOUCHABLE = ("draft", *_PAYABLE)


class Cut(Exception):
    """The process ended here."""


@dataclass
class Stripe:
    """As much of Stripe as collecting needs: objects in its own shapes, and who acts on them.

    Attributes:
        cut_in: after so many calls the process ends, before or after the call's effect.
    """

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    writes: int = 0
    sent: list[str] = field(default_factory=list)
    cut_in: int | None = None
    cut_after_effect: bool = False

    def call(self, effect: Callable[[], Any]) -> Any:
        cut = self.cut_in == 0
        if self.cut_in is not None:
            self.cut_in -= 1
        if cut and not self.cut_after_effect:
            raise Cut
        self.writes += 1
        found = effect()
        if cut:
            raise Cut
        return found

    def make(self, intention: Intention) -> str:
        if intention.key not in self.keys:
            identifier = f"{_PREFIX[intention.kind]}_{len(self.objects) + 1}"
            maker = {
                "payment_intent": new_intent, "invoice": _new_invoice, "payment_link": _new_link
            }[intention.kind]  # fmt: skip
            self.objects[identifier] = maker(identifier, dict(intention.parameters))
            self.keys[intention.key] = identifier
        return self.keys[intention.key]

    def present(self, kind: OrderAs, identifier: str) -> Collected | None:
        value = self.objects[identifier]
        if value["status"] == "deleted":
            return None
        if kind is OrderAs.PAYMENT_INTENT:
            return intent_collected(value)
        if kind is OrderAs.PAYMENT_LINK:
            return link_collected(value, value["paid_by"])
        return invoice_collected(value, value["lines"]["data"], paying=value["paying"])

    def carry_out(self, step: CollectionStep, key: str) -> None:
        value = self.objects[step.object_id]
        assert value["status"] in _TOUCHABLE, f"{step.action} of what is {value['status']}"
        assert not value.get("paying"), f"{step.action} of what is being paid"
        _ACTS[step.action](value, step)
        if step.action is Action.SEND and key not in self.keys:
            self.keys[key] = step.object_id
            self.sent.append(step.object_id)

    def payable(self) -> list[dict[str, Any]]:
        return [each for each in self.objects.values() if each["status"] in _PAYABLE]


def new_intent(identifier: str, params: dict[str, Any]) -> dict[str, Any]:
    return {**params, "id": identifier, "status": "requires_payment_method", "livemode": False,
            "amount_received": 0, "metadata": dict(params["metadata"])}  # fmt: skip


def _new_invoice(identifier: str, params: dict[str, Any]) -> dict[str, Any]:
    return {**params, "id": identifier, "status": "draft", "livemode": False, "total": 0,
            "amount_paid": 0, "paying": False, "lines": {"data": []},
            "payments": {"data": [{"payment": {"payment_intent": f"pi_of_{identifier}"}}]},
            "metadata": dict(params["metadata"])}  # fmt: skip


def _new_link(identifier: str, params: dict[str, Any]) -> dict[str, Any]:
    price = params["line_items"][0]["price_data"]
    return {"id": identifier, "status": "active", "active": True, "livemode": False,
            "amount": price["unit_amount"], "currency": price["currency"], "paid_by": [],
            "restrictions": {"completed_sessions": {"count": 0, "limit": 1}},
            "payment_intent_data": params["payment_intent_data"],
            "metadata": dict(params["metadata"])}  # fmt: skip


def _demand(step: CollectionStep) -> Demand:
    assert step.demand is not None
    return step.demand


def _merge(value: dict[str, Any], edit: Any) -> None:
    merged = {**value["metadata"], **edit}
    value["metadata"] = {key: text for key, text in merged.items() if text}


def _amount(value: dict[str, Any], step: CollectionStep) -> None:
    demand = _demand(step)
    value.update(amount=demand.amount, currency=demand.currency)
    value["customer"] = step.customer or value.get("customer")
    _merge(value, {"monstock_content": demand.content})


def _annotate(value: dict[str, Any], step: CollectionStep) -> None:
    assert step.annotation is not None
    _merge(value, step.annotation.metadata)
    if step.kind is OrderAs.PAYMENT_LINK:
        value["payment_intent_data"] = link_note_params(_demand(step), {})["payment_intent_data"]
    if step.annotation.description is not None:
        value["description"] = step.annotation.description


def _remove(value: dict[str, Any], step: CollectionStep) -> None:
    assert value["status"] == "draft"
    params: Any = no_lines_params(step.lines)
    gone = {line["id"] for line in params["lines"]}
    value["lines"]["data"] = [line for line in value["lines"]["data"] if line["id"] not in gone]
    value["total"] = sum(line["amount"] for line in value["lines"]["data"])
    _merge(value, params["invoice_metadata"])


def _add(value: dict[str, Any], step: CollectionStep) -> None:
    assert value["status"] == "draft"
    params: Any = lines_params(_demand(step))
    for line in params["lines"]:
        number = len(value["lines"]["data"])
        value["lines"]["data"].append({**line, "id": f"il_{value['id']}_{number}"})
        assert line["metadata"][LINE_KEY]
    value["total"] = sum(line["amount"] for line in value["lines"]["data"])
    _merge(value, params["invoice_metadata"])


def _status(status: str, *before: str) -> Callable[[dict[str, Any], CollectionStep], None]:
    def act(value: dict[str, Any], _step: CollectionStep) -> None:
        assert value["status"] in before
        value.update(status=status, active=False)

    return act


_ACTS: dict[Action, Callable[[dict[str, Any], CollectionStep], None]] = {
    Action.AMOUNT: _amount,
    Action.ANNOTATE: _annotate,
    Action.REMOVE_LINES: _remove,
    Action.ADD_LINES: _add,
    Action.FINALIZE: _status("open", "draft"),
    Action.SEND: _status("open", "open"),
    Action.CANCEL: _status("canceled", "requires_payment_method"),
    Action.DELETE: _status("deleted", "draft"),
    Action.VOID: _status("void", "open"),
    Action.DEACTIVATE: _status("inactive", "active"),
}


def asked(value: dict[str, Any]) -> int:
    """What something asks for."""
    return int(value["total"] if "total" in value else value["amount"])
