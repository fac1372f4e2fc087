"""What no log may hold: the secrets and the personal data of a sandbox's two worlds.

`sensitive_texts` collects them from the worlds' own objects, `leaks` finds them in a text, in
whichever way they are written there.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec
import requests
from aiohttp import web

from monstock_stripe_sandbox.monstock_api import API_TOKEN
from monstock_stripe_sandbox.monstock_webhook import MonstockWebhook
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.stripe_world import StripeWorld

PATH = "/_sandbox/sensitive"
_TIMEOUT = 60

_PERSONAL = frozenset(
    {"email", "receipt_email", "customer_email", "payer_email", "customer_email_address"}
    | {"customer_name", "payer_name", "verified_name", "phone", "customer_phone"}
    | {"line1", "line2", "postal_code", "city", "customer_purchase_ip"}
    | {"last4", "iban_last4", "fingerprint", "network_transaction_id"}
)
"""Fields of either system that hold personal data wherever they stand."""

_OF_PEOPLE = frozenset({"customer", "billing_details", "customer_details", "shipping"})
"""What a `name` belongs to where it is a person's; elsewhere it is a product's, or a bank's."""

_PATTERNS = (
    ("an API key", re.compile(r"\b[sr]k_(?:test|live)_\w+")),
    ("a webhook's secret", re.compile(r"\bwhsec_\w+")),
    ("a client secret", re.compile(r"\b(?:pi|seti|cs)_\w+_secret_\w+")),
    ("an e-mail address", re.compile(r"(?:(?<=\w)@|(?<=\w)%40)[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}")),
)
"""What gives itself away by its form, whoever it belongs to."""

_SHORTEST = 4
"""A shorter text (a country, an initial) stands in any log by chance."""

_PROCESS_ID = re.compile(r"(\bpid\b\W{1,4}|\bprocess (?:id )?)\d+")
"""Four of its digits may be a card's by chance."""


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A text that no log may hold, and what it is."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Leak:
    """A line that holds something sensitive; `line_number` counts from 1."""

    kind: str
    line_number: int
    line: str


def sensitive_texts(
    stripe: StripeWorld, monstock: MonstockWorld, webhook: MonstockWebhook | None = None
) -> tuple[Sensitive, ...]:
    """Return every secret and every personal text of two worlds, each once.

    Args:
        stripe: with the accounts that are connected to it.
        monstock: orders and customers, those too that were deleted.
        webhook: whose secret counts as well.
    """
    found = {API_TOKEN: "Monstock's token"}
    if webhook is not None and webhook.endpoint is not None:
        found[webhook.endpoint.secret] = "the secret of Monstock's webhook"
    for world in (stripe, *stripe.connected.values()):
        with world.lock:
            found |= dict.fromkeys(world.keys, "an API key of Stripe")
            found |= dict(_personal("account", world.account))
            for kind, shelf in world.shelves.items():
                if kind != "event":  # copies of the objects, which are looked at themselves
                    for entry in shelf.entries.values():
                        found |= dict(_personal(kind, entry.value))
                        if secret := entry.unseen.get("secret"):
                            found[str(secret)] = "the secret of a webhook of Stripe"
    with monstock.lock:
        stores = (monstock.customer_store, monstock.deleted_customers)
        records: list[Any] = [kept.record for store in stores for kept in store.entries.values()]
        records += [order.customer for order in monstock.orders() if order.customer is not None]
        for record in records:
            found |= dict(_personal("customer", msgspec.to_builtins(record)))
    return tuple(Sensitive(text, kind) for text, kind in found.items())


def asked_of(monstock_url: str) -> tuple[Sensitive, ...]:
    """Return the same of a sandbox that another process serves.

    Raises:
        requests.RequestException: none answers there.
    """
    answer = requests.get(monstock_url.rstrip("/") + PATH, timeout=_TIMEOUT)
    answer.raise_for_status()
    return msgspec.json.decode(answer.content, type=tuple[Sensitive, ...])


def install_sensitive_route(
    app: web.Application, stripe: StripeWorld, monstock: MonstockWorld, webhook: MonstockWebhook
) -> None:
    """Add the call that `asked_of` makes."""

    async def tell(_request: web.Request) -> web.Response:
        found = sensitive_texts(stripe, monstock, webhook)
        return web.Response(body=msgspec.json.encode(found), content_type="application/json")

    app.router.add_get(PATH, tell)


def leaks(said: str, sensitive: Iterable[Sensitive]) -> list[Leak]:
    """Return where a text holds something sensitive: as it is, escaped for JSON, Python or a URL.

    Capitals do not matter. Besides what is given, whatever looks like a key, a secret or an e-mail
    address counts.

    Args:
        said: what was logged.
        sensitive: see `sensitive_texts`; passwords and other secrets may be added.
    """
    found: dict[tuple[int, str], Leak] = {}
    haystack = _PROCESS_ID.sub(r"\1", said).casefold()
    lines = said.split("\n")

    def note(kind: str, start: int) -> None:
        number = haystack.count("\n", 0, start) + 1
        found.setdefault((number, kind), Leak(kind, number, lines[number - 1]))

    for each in sensitive:
        for written in _written(each.text):
            if written in haystack:
                for match in re.finditer(rf"(?<!\w){re.escape(written)}(?!\w)", haystack):
                    note(each.kind, match.start())
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(haystack):
            note(kind, match.start())
    return sorted(found.values(), key=lambda leak: leak.line_number)


def _written(text: str) -> Iterator[str]:
    """Return the ways in which a text may stand in a log."""
    plain = text.strip()
    ways = {plain, json.dumps(plain)[1:-1], repr(plain)[1:-1], quote(plain), quote_plus(plain)}
    ways |= {quote(plain, safe=""), base64.b64encode(f"{plain}:".encode()).decode()}
    return (way.casefold() for way in ways)


def _personal(holder: str, value: object) -> Iterator[tuple[str, str]]:
    """Return the personal texts inside an object, each with what it is."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, str):
                personal = name in _PERSONAL or (name == "name" and holder in _OF_PEOPLE)
                if personal and len(inner) >= _SHORTEST:
                    yield inner, f"{name} of {holder}"
            else:
                yield from _personal(name, inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _personal(holder, inner)
