"""The same orders behind an API that is unlike the default in every respect, below /gestion.

The profile `monstock-fr` describes it. It proves that adapting to a tenant is configuration:
another header for the key, cursors, decimal texts, local times without a zone, payments as a
resource of their own that is neither upserted nor kept from standing twice, voided and never
deleted, deleted documents and clients that lists still show, quotes among the orders, lines without
their tax, French words.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web
from monstock_stripe_core.money import to_decimal_text

from monstock_stripe_sandbox.monstock_french_clients import FrenchClients
from monstock_stripe_sandbox.monstock_french_forms import (
    NATURES,
    PAYMENT_STATES,
    PAYMENT_STATUSES,
    STATES,
    Json,
    Refused,
    answer,
    body_of,
    changes_page,
    error_answer,
    number_of,
    our_word,
    page_of,
    query_of,
    read_amount,
    read_time,
    write_time,
)
from monstock_stripe_sandbox.monstock_models import Line, Payment
from monstock_stripe_sandbox.monstock_store import MonstockWorldError, StoredOrder
from monstock_stripe_sandbox.monstock_world import MonstockWorld

BASE_PATH = "/gestion"
_AMOUNTS = {
    "montant": "amount",
    "montant_autorise": "authorized_amount",
    "montant_rembourse": "refunded_amount",
    "montant_litige": "disputed_amount",
    "montant_perdu": "dispute_lost_amount",
}
_TEXTS = {
    "mode": "method",
    "reference": "transaction_reference",
    "moyen": "payment_method",
    "commentaire": "note",
}
_DOCUMENT_KEYS = {"etat", "montants", "reglement", "lien_paiement"}
_PAYMENT_KEYS = {*_AMOUNTS, *_TEXTS, "document", "etat", "regle_le"}

Handler = Callable[[web.Request], Awaitable[web.Response]]


def add_french_api(app: web.Application, world: MonstockWorld, token: str) -> None:
    """Add the routes of the unlike API to an application that shows `world`."""
    api = _FrenchApi(world)
    expected = f"Cle {token}".encode()

    def guarded(handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            try:
                if not hmac.compare_digest(request.headers.get("X-Cle-Api", "").encode(), expected):
                    raise Refused(401, "cle_inconnue", "Clé d'API absente ou inconnue")
                return await handler(request)
            except Refused as error:
                return error_answer(error.status, error.code, str(error))
            except MonstockWorldError as error:
                return error_answer(
                    404 if error.code == "not_found" else 422, error.code, str(error)
                )

        return handle

    router, document, payment = app.router, "/documents/{cle}", "/reglements/{cle}"
    router.add_get(BASE_PATH + "/documents", guarded(api.list_documents))
    router.add_get(BASE_PATH + document, guarded(api.get_document))
    router.add_put(BASE_PATH + document, guarded(api.put_document))
    router.add_get(BASE_PATH + "/reglements", guarded(api.list_payments))
    router.add_post(BASE_PATH + "/reglements", guarded(api.create_payment))
    router.add_put(BASE_PATH + payment, guarded(api.put_payment))
    router.add_post(BASE_PATH + payment + "/annulation", guarded(api.void_payment))
    clients, client = FrenchClients(world), BASE_PATH + "/clients/{cle}"
    router.add_get(BASE_PATH + "/clients", guarded(clients.list_clients))
    router.add_post(BASE_PATH + "/clients", guarded(clients.create_client))
    router.add_get(client, guarded(clients.get_client))
    router.add_put(client, guarded(clients.put_client))


class _FrenchApi:
    def __init__(self, world: MonstockWorld) -> None:
        self._world = world
        self._voided: dict[str, list[Json]] = {}

    async def list_documents(self, request: web.Request) -> web.Response:
        query = query_of(request, "curseur", "limite", "tri", "modifie_depuis", *_LOOKUPS)
        with self._world.lock:
            world = self._world
            page, following = changes_page(world.store, world.deleted, query, _LOOKUPS)
            return answer([_document(stored, gone) for stored, gone in page], following)

    async def get_document(self, request: web.Request) -> web.Response:
        query_of(request)
        with self._world.lock:
            stored = self._known(request.match_info["cle"])
            gone = stored.id in self._world.deleted.entries
            return answer(_document(stored, gone))

    async def put_document(self, request: web.Request) -> web.Response:
        given = await body_of(request, "document", _DOCUMENT_KEYS)
        with self._world.lock:
            stored = self._world.stored(request.match_info["cle"])
            changes: Json = {}
            if "etat" in given:
                changes["status"] = our_word(STATES, given["etat"])
            if "reglement" in given:
                changes["payment_status"] = our_word(PAYMENT_STATUSES, given["reglement"]["statut"])
            if "montants" in given:
                due = given["montants"]["reste_a_payer"]
                changes["amount_due"] = read_amount(due, stored.order.currency)
            if "lien_paiement" in given:
                changes["payment_url"] = given["lien_paiement"]
            self._world.change_order(stored, changes)
            return answer(_document(stored, False))

    async def list_payments(self, request: web.Request) -> web.Response:
        query = query_of(request, "curseur", "limite", "documents")
        with self._world.lock:
            rows: list[tuple[str, Json]] = []
            for order_id in query.get("documents", "").split(";"):
                gone = self._world.deleted.entries.get(order_id)
                stored = gone or self._world.store.entries.get(order_id)
                if stored is not None:
                    shown = [_payment(stored, entry) for entry in stored.payments.values()]
                    if gone is not None:
                        shown = [row | {"annule": True} for row in shown]
                    shown += self._voided.get(order_id, [])
                    rows += [(row["cle"], row) for row in shown]
            rows.sort(key=lambda entry: entry[0])
            page, following = page_of(rows, query)
            return answer([row for _, row in page], following)

    async def create_payment(self, request: web.Request) -> web.Response:
        given = await body_of(request, "reglement", _PAYMENT_KEYS)
        with self._world.lock:
            stored = self._world.stored(str(given.get("document")))
            values = _values(given, stored)
            payment = self._world.add_payment(stored, values, unique=False)
            return answer(_payment(stored, payment), status=201)

    async def put_payment(self, request: web.Request) -> web.Response:
        given = await body_of(request, "reglement", _PAYMENT_KEYS)
        payment_id = request.match_info["cle"]
        with self._world.lock:
            stored = self._owner(payment_id)
            values = _values(given, stored)
            changed = self._world.change_payment(stored, payment_id, values, unique=False)
            return answer(_payment(stored, changed))

    async def void_payment(self, request: web.Request) -> web.Response:
        await body_of(request, None, {"motif"})
        payment_id = request.match_info["cle"]
        with self._world.lock:
            stored = self._owner(payment_id)
            voided = {**_payment(stored, stored.payment(payment_id)), "annule": True}
            self._world.remove_payment(stored, payment_id)
            self._voided.setdefault(stored.order.id, []).append(voided)
            return answer(voided)

    def _owner(self, payment_id: str) -> StoredOrder:
        for stored in self._world.store.entries.values():
            if payment_id in stored.payments:
                return stored
        raise Refused(404, "introuvable", f"Aucun règlement {payment_id}")

    def _known(self, order_id: str) -> StoredOrder:
        return self._world.deleted.entries.get(order_id) or self._world.stored(order_id)


_LOOKUPS = {"numero": "number", "reference_canal": "channel_reference"}


def _document(stored: StoredOrder, gone: bool) -> Json:
    order = stored.order
    customer = order.customer
    status = order.payment_status
    return {
        "cle": order.id,
        "numero": order.number,
        "nature": NATURES[order.kind],
        "etat": STATES[order.status],
        "devise": order.currency,
        "montants": {
            "total": to_decimal_text(order.total_amount, order.currency),
            "reste_a_payer": to_decimal_text(order.amount_due, order.currency),
        },
        "reglement": {"statut": None if status is None else PAYMENT_STATUSES[status]},
        "canal": None
        if order.channel_reference is None
        else {"reference": order.channel_reference},
        "client": None
        if customer is None
        else {"cle": customer.id, "nom": customer.name or "", "courriel": customer.email or ""},
        "lignes": [_line(line, order.currency) for line in order.lines],
        "lien_paiement": order.payment_url or "",
        "supprime": gone,
        "cree_le": write_time(order.created_at),
        "modifie_le": write_time(order.updated_at),
    }


def _line(line: Line, currency: str) -> Json:
    tax = line.tax_amount or 0
    return {
        "libelle": line.description,
        "quantite": number_of(line.quantity),
        "montant_ht": to_decimal_text(line.total_amount - tax, currency),
        "montant_tva": to_decimal_text(tax, currency),
        "taux_tva": number_of(line.tax_rate),
    }


def _payment(stored: StoredOrder, payment: Payment) -> Json:
    currency = stored.order.currency
    shown: Json = {"cle": payment.id, "document": stored.order.id, "annule": False}
    for theirs, ours in _AMOUNTS.items():
        shown[theirs] = to_decimal_text(getattr(payment, ours), currency)
    for theirs, ours in _TEXTS.items():
        shown[theirs] = getattr(payment, ours)
    shown["etat"] = PAYMENT_STATES[payment.status]
    shown["regle_le"] = None if payment.paid_at is None else write_time(payment.paid_at)
    return shown


def _values(given: Json, stored: StoredOrder) -> Json:
    """What the default's fields would be; a payment has its order's currency, fee and rule none."""
    currency = stored.order.currency
    values: Json = {"currency": currency}
    values |= dict.fromkeys(("fee_amount", "fee_currency", "link_rule"))
    for theirs, ours in _AMOUNTS.items():
        values[ours] = read_amount(given.get(theirs, "0"), currency)
    for theirs, ours in _TEXTS.items():
        values[ours] = given.get(theirs)
    if not values["method"]:
        raise Refused(422, "champ", "mode: manque")
    values["status"] = our_word(PAYMENT_STATES, given.get("etat", "encaissé"))
    paid_at = given.get("regle_le")
    values["paid_at"] = None if paid_at is None else read_time(paid_at)
    return values
