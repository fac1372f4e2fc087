"""The same orders behind an API that is unlike the default in every respect, below /gestion.

The profile `monstock-fr` describes it. It proves that adapting to a tenant is configuration:
another header for the key, cursors, decimal texts, local times without a zone, payments as a
resource of their own that is neither upserted nor kept from standing twice, voided and never
deleted, quotes among the orders, French words.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.money import from_decimal, to_decimal_text

from monstock_stripe_sandbox.monstock_models import Payment
from monstock_stripe_sandbox.monstock_store import MonstockWorldError, StoredOrder
from monstock_stripe_sandbox.monstock_world import MonstockWorld

BASE_PATH = "/gestion"
_ZONE = ZoneInfo("Europe/Paris")
_PATTERN = "%d/%m/%Y %H:%M:%S"
_LARGEST_PAGE = 50

_NATURES = {"order": "commande", "quote": "devis"}
_STATES = {
    "draft": "brouillon",
    "validated": "validé",
    "shipped": "expédié",
    "cancelled": "annulé",
}
_PAYMENT_STATES = {
    "pending": "en attente",
    "authorized": "autorisé",
    "succeeded": "encaissé",
    "failed": "échoué",
    "canceled": "abandonné",
}
_PAYMENT_STATUSES = {
    "unpaid": "non réglé",
    "pending": "en attente",
    "failed": "échec",
    "authorized": "autorisé",
    "partially_paid": "réglé en partie",
    "paid": "réglé",
    "overpaid": "trop-perçu",
    "partially_refunded": "remboursé en partie",
    "refunded": "remboursé",
    "disputed": "litige",
}
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
_PAYMENT_KEYS = {*_AMOUNTS, *_TEXTS, "document", "etat", "regle_le"}

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.Response]]


class _Refused(Exception):
    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


def add_french_api(app: web.Application, world: MonstockWorld, token: str) -> None:
    """Add the routes of the unlike API to an application that shows `world`."""
    api = _FrenchApi(world)
    expected = f"Cle {token}".encode()

    def guarded(handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            try:
                if not hmac.compare_digest(request.headers.get("X-Cle-Api", "").encode(), expected):
                    raise _Refused(401, "cle_inconnue", "Clé d'API absente ou inconnue")
                return await handler(request)
            except _Refused as error:
                return _error(error.status, error.code, str(error))
            except MonstockWorldError as error:
                return _error(404 if error.code == "not_found" else 422, error.code, str(error))

        return handle

    router, document, payment = app.router, "/documents/{cle}", "/reglements/{cle}"
    router.add_get(BASE_PATH + "/documents", guarded(api.list_documents))
    router.add_get(BASE_PATH + document, guarded(api.get_document))
    router.add_put(BASE_PATH + document, guarded(api.put_document))
    router.add_get(BASE_PATH + "/reglements", guarded(api.list_payments))
    router.add_post(BASE_PATH + "/reglements", guarded(api.create_payment))
    router.add_put(BASE_PATH + payment, guarded(api.put_payment))
    router.add_post(BASE_PATH + payment + "/annulation", guarded(api.void_payment))


class _FrenchApi:
    def __init__(self, world: MonstockWorld) -> None:
        self._world = world
        self._voided: dict[str, list[Json]] = {}

    async def list_documents(self, request: web.Request) -> web.Response:
        query = _query(request, "curseur", "limite", "tri", "modifie_depuis", *_LOOKUPS)
        if query.get("tri", "modification") != "modification":
            raise _Refused(400, "parametre", "tri: modification")
        since = query.get("modifie_depuis")
        with self._world.lock:
            store = self._world.store
            found, start = store.by_update(None if since is None else _read_time(since))
            keys = list(found[start:])
            for parameter, name in _LOOKUPS.items():
                if parameter in query:
                    wanted = {entry.order.id for entry in store.find(name, query[parameter])}
                    keys = [key for key in keys if key[1] in wanted]
            page, following = _page(keys, query)
            documents = [_document(store.orders[order_id]) for _, order_id in page]
        return _answer(documents, following)

    async def get_document(self, request: web.Request) -> web.Response:
        _query(request)
        with self._world.lock:
            return _answer(_document(self._world.stored(request.match_info["cle"])))

    async def put_document(self, request: web.Request) -> web.Response:
        given = await _body(request, "document", {"etat", "montants", "reglement"})
        with self._world.lock:
            stored = self._world.stored(request.match_info["cle"])
            changes: Json = {}
            if "etat" in given:
                changes["status"] = _ours(_STATES, given["etat"])
            if "reglement" in given:
                changes["payment_status"] = _ours(_PAYMENT_STATUSES, given["reglement"]["statut"])
            if "montants" in given:
                due = given["montants"]["reste_a_payer"]
                changes["amount_due"] = _read_amount(due, stored.order.currency)
            self._world.change_order(stored, changes)
            return _answer(_document(stored))

    async def list_payments(self, request: web.Request) -> web.Response:
        query = _query(request, "curseur", "limite", "documents")
        with self._world.lock:
            rows: list[tuple[str, Json]] = []
            for order_id in query.get("documents", "").split(";"):
                stored = self._world.store.orders.get(order_id)
                if stored is not None:
                    shown = [_payment(stored, entry) for entry in stored.payments.values()]
                    shown += self._voided.get(order_id, [])
                    rows += [(row["cle"], row) for row in shown]
            rows.sort(key=lambda entry: entry[0])
            page, following = _page(rows, query)
            return _answer([row for _, row in page], following)

    async def create_payment(self, request: web.Request) -> web.Response:
        given = await _body(request, "reglement", _PAYMENT_KEYS)
        with self._world.lock:
            stored = self._world.stored(str(given.get("document")))
            values = _values(given, stored)
            payment = self._world.add_payment(stored, values, unique=False)
            return _answer(_payment(stored, payment), status=201)

    async def put_payment(self, request: web.Request) -> web.Response:
        given = await _body(request, "reglement", _PAYMENT_KEYS)
        payment_id = request.match_info["cle"]
        with self._world.lock:
            stored = self._owner(payment_id)
            values = _values(given, stored)
            changed = self._world.change_payment(stored, payment_id, values, unique=False)
            return _answer(_payment(stored, changed))

    async def void_payment(self, request: web.Request) -> web.Response:
        await _body(request, None, {"motif"})
        payment_id = request.match_info["cle"]
        with self._world.lock:
            stored = self._owner(payment_id)
            voided = {**_payment(stored, stored.payment(payment_id)), "annule": True}
            self._world.remove_payment(stored, payment_id)
            self._voided.setdefault(stored.order.id, []).append(voided)
            return _answer(voided)

    def _owner(self, payment_id: str) -> StoredOrder:
        for stored in self._world.store.orders.values():
            if payment_id in stored.payments:
                return stored
        raise _Refused(404, "introuvable", f"Aucun règlement {payment_id}")


_LOOKUPS = {"numero": "number", "reference_canal": "channel_reference"}


def _document(stored: StoredOrder) -> Json:
    order = stored.order
    status = order.payment_status
    return {
        "cle": order.id,
        "numero": order.number,
        "nature": _NATURES[order.kind],
        "etat": _STATES[order.status],
        "devise": order.currency,
        "montants": {
            "total": to_decimal_text(order.total_amount, order.currency),
            "reste_a_payer": to_decimal_text(order.amount_due, order.currency),
        },
        "reglement": {"statut": None if status is None else _PAYMENT_STATUSES[status]},
        "canal": None
        if order.channel_reference is None
        else {"reference": order.channel_reference},
        "client": {"cle": order.customer.id, "courriel": order.customer.email or ""},
        "cree_le": _write_time(order.created_at),
        "modifie_le": _write_time(order.updated_at),
    }


def _payment(stored: StoredOrder, payment: Payment) -> Json:
    currency = stored.order.currency
    shown: Json = {"cle": payment.id, "document": stored.order.id, "annule": False}
    for theirs, ours in _AMOUNTS.items():
        shown[theirs] = to_decimal_text(getattr(payment, ours), currency)
    for theirs, ours in _TEXTS.items():
        shown[theirs] = getattr(payment, ours)
    shown["etat"] = _PAYMENT_STATES[payment.status]
    shown["regle_le"] = None if payment.paid_at is None else _write_time(payment.paid_at)
    return shown


def _values(given: Json, stored: StoredOrder) -> Json:
    """What the default's fields would be; a payment has its order's currency and no fee."""
    currency = stored.order.currency
    values: Json = {"currency": currency, "fee_amount": None, "fee_currency": None}
    for theirs, ours in _AMOUNTS.items():
        values[ours] = _read_amount(given.get(theirs, "0"), currency)
    for theirs, ours in _TEXTS.items():
        values[ours] = given.get(theirs)
    if not values["method"]:
        raise _Refused(422, "champ", "mode: manque")
    values["status"] = _ours(_PAYMENT_STATES, given.get("etat", "encaissé"))
    paid_at = given.get("regle_le")
    values["paid_at"] = None if paid_at is None else _read_time(paid_at)
    return values


def _query(request: web.Request, *known: str) -> dict[str, str]:
    for name in request.query:
        if name not in known:
            raise _Refused(400, "parametre", f"Paramètre inconnu: {name}")
    return dict(request.query)


async def _body(request: web.Request, wrapper: str | None, known: set[str]) -> Json:
    try:
        given = msgspec.json.decode(await request.read())
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _Refused(400, "json", "Le corps n'est pas du JSON") from None
    inner = given.get(wrapper) if wrapper and isinstance(given, dict) else given
    if not isinstance(inner, dict):
        raise _Refused(422, "champ", f"Champ attendu: {wrapper}")
    for name in inner:
        if name not in known:
            raise _Refused(422, "champ", f"Champ inconnu: {name}")
    return inner


def _page(keyed: list[Any], query: dict[str, str]) -> tuple[list[Any], str | None]:
    """One page of what is sorted by its first element or as a whole, and the next cursor."""
    limit = query.get("limite", str(_LARGEST_PAGE))
    if not (limit.isdecimal() and 1 <= int(limit) <= _LARGEST_PAGE):
        raise _Refused(400, "parametre", f"limite: 1 à {_LARGEST_PAGE}")
    keys = [msgspec.json.encode(_position(entry)).decode() for entry in keyed]
    start = 0
    if "curseur" in query:
        try:
            last = msgspec.json.decode(urlsafe_b64decode(query["curseur"]))
            start = bisect_right([_position(entry) for entry in keyed], last)
        except (ValueError, TypeError):
            raise _Refused(400, "parametre", "curseur inconnu") from None
    end = start + int(limit)
    more = end < len(keyed)
    return keyed[start:end], urlsafe_b64encode(keys[end - 1].encode()).decode() if more else None


def _position(entry: tuple[Any, ...]) -> list[Any]:
    return [part for part in entry if isinstance(part, int | str)]


def _ours(words: dict[str, str], theirs: object) -> str:
    for ours, word in words.items():
        if word == theirs:
            return ours
    raise _Refused(422, "champ", f"Mot inconnu: {theirs!r:.40}")


def _read_amount(value: object, currency: str) -> int:
    if not isinstance(value, str):
        raise _Refused(422, "champ", f"Montant en texte attendu: {value!r:.40}")
    try:
        return from_decimal(value, currency)
    except MoneyError as error:
        raise _Refused(422, "champ", str(error)) from None


def _read_time(text: object) -> datetime:
    try:
        local = datetime.strptime(str(text), _PATTERN)  # noqa: DTZ007 - the zone is put in next
    except ValueError:
        raise _Refused(400, "date", f"Date attendue: jj/mm/aaaa hh:mm:ss, pas {text}") from None
    return local.replace(tzinfo=_ZONE).astimezone(UTC)


def _write_time(moment: datetime) -> str:
    return moment.astimezone(_ZONE).strftime(_PATTERN)


def _answer(result: object, following: str | None = None, status: int = 200) -> web.Response:
    body: Json = {"resultat": result}
    if isinstance(result, list):
        body["suite"] = None if following is None else {"curseur": following}
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json"
    )


def _error(status: int, code: str, text: str) -> web.Response:
    return web.json_response({"erreur": {"code": code, "texte": text}}, status=status)
