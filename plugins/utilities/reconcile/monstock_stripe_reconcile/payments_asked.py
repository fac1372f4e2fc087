"""What the core says of Stripe's snapshots, as functions for SQL to call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.link_annotation import (
    LINK_RULE_KEY,
    ORDER_ID_KEY,
    ORDER_NUMBER_KEY,
    TENANT_KEY,
    bound_rule,
)
from monstock_stripe_core.payment import LinkCandidate, Payment, PaymentStatus
from monstock_stripe_core.payment_checks import AMOUNTS
from monstock_stripe_core.scope import Scope, scope_verdict
from monstock_stripe_core.stripe_fields import products, texts
from monstock_stripe_core.stripe_links import CandidateRules, link_candidates
from monstock_stripe_core.stripe_payment import payment_from_stripe

from monstock_stripe_reconcile.learning import Learning

_PARTS = ("payment_intent", "charge", "refunds", "disputes", "checkout_sessions", "invoices")
_NAMING = ("payment_intent", "charge", "checkout_sessions", "invoices")

PAYMENT_TYPE = """{
    "error": "VARCHAR", "skip": "BOOLEAN", "status": "VARCHAR", "currency": "VARCHAR",
    "amount": "BIGINT", "authorized": "BIGINT", "authorized_until": "BIGINT",
    "action_required_since": "BIGINT", "captured": "BIGINT", "captured_at": "BIGINT",
    "funded": "BIGINT", "refunded": "BIGINT", "refund_pending": "BIGINT",
    "refund_failed": "BIGINT", "disputed": "BIGINT", "dispute_open": "BOOLEAN",
    "dispute_lost": "BIGINT", "flags": "VARCHAR", "method": "VARCHAR"}"""
"""What `payment` and `plain_payment` return, as DuckDB reads JSON."""

NAMES_TYPE = """[{"position": "INTEGER", "rule": "VARCHAR", "field": "VARCHAR",
    "value": "VARCHAR", "tenant": "VARCHAR"}]"""
"""The same of `plain_names`."""


def payment(
    identifier: str,
    kind: str,
    account_id: str | None,
    own_account: bool | None,
    livemode: bool | None,
    created: int | None,
    version: int | None,
    intent: str | None,
    charge: str | None,
    refunds: str | None,
    disputes: str | None,
    sessions: str | None,
    invoices: str | None,
) -> str:
    """Return what a snapshot comes to.

    Args:
        identifier, kind, account_id, own_account, livemode, created, version: its columns.
        intent, charge, refunds, disputes, sessions, invoices: its parts, as JSON.

    Returns:
        JSON: `error` where the core refuses it, `skip` where it is no payment of its own, else the
        fields of `Payment` with times in seconds.
    """
    record: dict[str, Any] = {
        "id": identifier,
        "object": kind,
        "account_id": account_id,
        "own_account": own_account,
        "livemode": livemode,
        "created": created,
        "version": version,
    }
    parts = (intent, charge, refunds, disputes, sessions, invoices)
    try:
        record |= {name: _decoded(part) for name, part in zip(_PARTS, parts, strict=True)}
    except msgspec.DecodeError as error:
        return _text({"error": f"payment {identifier}: not JSON ({error})"})
    return _text(_payment(record))


class PlainPayments:
    """What plain payments come to, learnt from those before."""

    def __init__(self) -> None:
        self._learnt = Learning(_plain)

    def __call__(self, shape: str) -> str:
        """Return what a plain payment of these proportions comes to.

        Args:
            shape: two lines. The first: amount, amount_received, amount_capturable, currency,
                status, e where the last attempt failed, payment method type, c where there is a
                Charge, the Charge's method, the currency of its balance transaction; between them
                |. The second: each refund's amount, status, b where it has a balance transaction,
                and rank by time; between them |, and ; between refunds.

        Returns:
            As `payment`; times are 1 for the PaymentIntent's, 2 for the Charge's, 3 for the
            balance transaction's.
        """
        main, refunds = shape.split("\n")
        amount, received, capturable, *told = main.split("|")
        each = [refund.split("|") for refund in refunds.split(";")] if refunds else []
        amounts = [int(one) for one in (amount, received, capturable, *(one[0] for one in each))]
        kind = (tuple(told), tuple(tuple(one[1:]) for one in each))
        return _text(self._learnt(kind, amounts))


def _plain(
    kind: tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], amounts: Sequence[int]
) -> dict[str, Any]:
    (currency, status, failed, only, has_charge, method, balance), refunds = kind
    amount, received, capturable, *refunded = amounts
    charge = {
        "id": "c",
        "created": 2,
        "payment_method_details": {"type": method or None},
        "balance_transaction": {"created": 3, "currency": balance, "fee": 0, "net": 0}
        if balance
        else None,
    }
    intent = {
        "amount": amount,
        "amount_received": received,
        "amount_capturable": capturable,
        "created": 1,
        "currency": currency,
        "status": status,
        "last_payment_error": {"code": "failed"} if failed else None,
        "payment_method_types": [only] if only else [],
    }
    return _payment(
        {
            "id": "p",
            "object": "payment_intent",
            "livemode": True,
            "version": 1,
            "payment_intent": intent,
            "charge": charge if has_charge else None,
            "refunds": [
                {
                    "amount": gone,
                    "status": status,
                    "balance_transaction": "b" if moved else None,
                    "created": int(rank),
                }
                for gone, (status, moved, rank) in zip(refunded, refunds, strict=True)
            ],
        }
    )


def _payment(record: dict[str, Any]) -> dict[str, Any]:
    try:
        found = payment_from_stripe(record)
    except MonstockStripeError as error:
        return {"error": str(error)}
    if found is None:
        return {"skip": True}
    said: dict[str, Any] = {name: getattr(found, name) for name in AMOUNTS}
    return said | {
        "status": found.status.value,
        "currency": found.currency,
        "authorized_until": _seconds(found.authorized_until),
        "action_required_since": _seconds(found.action_required_since),
        "captured_at": _seconds(found.captured_at),
        "dispute_open": found.dispute_open,
        "flags": "+".join(found.flags),
        "method": found.method,
    }


class Names:
    """What payments say of their orders, and whether they are ours at all.

    Args:
        scope: which payments are ours.
        candidates: where to look beside our own metadata keys.

    Attributes:
        are_plain: whether our own metadata keys, mode, account and time alone decide.
        eras: the moments at which a verdict can change, in seconds.
    """

    def __init__(self, scope: Scope, candidates: CandidateRules) -> None:
        self._scope = scope
        self._candidates = candidates
        self.are_plain = not (
            scope.metadata
            or scope.description
            or scope.products
            or candidates.shop_metadata_keys
            or candidates.description_pattern
        )
        times = (scope.cutover, scope.created_from)
        self.eras = [-(-moment.timestamp() // 1) for moment in times if moment is not None]

    def alone(
        self,
        account_id: str | None,
        own_account: bool | None,
        livemode: bool | None,
        created: int | None,
        intent: str | None,
        charge: str | None,
        sessions: str | None,
        invoices: str | None,
    ) -> str:
        """Return the references to orders in a snapshot, most trusted first.

        Args:
            account_id, own_account, livemode, created: its columns.
            intent, charge, sessions, invoices: its parts, as JSON.

        Returns:
            JSON: the `verdict` of the scope, and `names`; see `NAMES_TYPE`.
        """
        try:
            given = zip(_NAMING, (intent, charge, sessions, invoices), strict=True)
            snapshot = {name: _decoded(part) for name, part in given}
            snapshot["account_id"] = None if own_account else account_id
            found = link_candidates(snapshot, self._candidates)
            verdict = scope_verdict(_judged(snapshot, livemode, created), self._scope).value
        except (MonstockStripeError, LookupError, TypeError, ValueError, AttributeError):
            # `payment` says what is wrong with it.
            return _text({"verdict": "ours", "names": []})
        return _text({"verdict": verdict, "names": _said(found)})

    def plain(self, shape: str) -> str:
        """Return the references to orders in the metadata of PaymentIntent and Charge.

        Args:
            shape: numbers of the PaymentIntent's order id and order number, the Charge's, and the
                order reference, 0 where there is none; the rule that each annotation names; each
                tenant; c where there is a Charge. Between them |.

        Returns:
            JSON; see `NAMES_TYPE`, the values being numbers.
        """
        *numbers, rule, charge_rule, tenant, charge_tenant, has_charge = shape.split("|")
        known = [None if number == "0" else number for number in numbers]
        snapshot = {
            "payment_intent": {
                "metadata": _metadata(known[0], known[1], rule, tenant),
                "payment_details": {"order_reference": known[4]},
            },
            "charge": {"metadata": _metadata(known[2], known[3], charge_rule, charge_tenant)}
            if has_charge
            else None,
        }
        return _text(_said(link_candidates(snapshot, self._candidates)))

    def verdict(
        self,
        account_id: str | None,
        livemode: bool | None,
        created: int | None,
    ) -> str:
        """Return what the scope says of payments of an account, a mode and a time."""
        return scope_verdict(_judged({"account_id": account_id}, livemode, created), self._scope)


def _metadata(
    order_id: str | None, number: str | None, rule: str, tenant: str
) -> dict[str, str | None]:
    return {
        ORDER_ID_KEY: order_id,
        ORDER_NUMBER_KEY: number,
        TENANT_KEY: tenant or None,
        LINK_RULE_KEY: bound_rule(rule, order_id or "", number or "") if rule else None,
    }


def _said(found: Iterable[LinkCandidate]) -> list[dict[str, Any]]:
    return [
        {
            "position": position,
            "rule": candidate.rule.value,
            "field": candidate.reference[0],
            "value": candidate.reference[1],
            "tenant": candidate.tenant,
        }
        for position, candidate in enumerate(found)
    ]


def _judged(snapshot: dict[str, Any], livemode: bool | None, created: int | None) -> Payment:
    """The payment as far as the scope asks for it."""
    main = snapshot.get("payment_intent") or snapshot.get("charge") or {}
    return Payment(
        transaction_reference="",
        version=0,
        livemode=bool(livemode),
        created_at=datetime.fromtimestamp(created or 0, UTC),
        status=PaymentStatus.PENDING,
        currency="",
        amount=0,
        account_id=snapshot["account_id"],
        description=main.get("description"),
        metadata=texts(main.get("metadata")),
        products=products(snapshot),
    )


def _decoded(part: str | None) -> Any:
    return None if part is None else msgspec.json.decode(part)


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
