"""How the API below /gestion writes and reads: words, amounts, times, errors, cursors."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.money import from_decimal

from monstock_stripe_sandbox.monstock_store import S, Store

_ZONE = ZoneInfo("Europe/Paris")
_PATTERN = "%d/%m/%Y %H:%M:%S"
_LARGEST_PAGE = 50

NATURES = {"order": "commande", "quote": "devis"}
STATES = {
    "draft": "brouillon",
    "validated": "validé",
    "shipped": "expédié",
    "cancelled": "annulé",
}
PAYMENT_STATES = {
    "pending": "en attente",
    "authorized": "autorisé",
    "succeeded": "encaissé",
    "failed": "échoué",
    "canceled": "abandonné",
}
PAYMENT_STATUSES = {
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

Json = dict[str, Any]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Refused(Exception):
    """An answer with a status of 400 or more."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


def query_of(request: web.Request, *known: str) -> dict[str, str]:
    """Return the parameters of a call, of which none is unknown."""
    for name in request.query:
        if name not in known:
            raise Refused(400, "parametre", f"Paramètre inconnu: {name}")
    return dict(request.query)


async def body_of(request: web.Request, wrapper: str | None, known: set[str]) -> Json:
    """Return the object of a body, of which no key is unknown."""
    try:
        given = msgspec.json.decode(await request.read())
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(400, "json", "Le corps n'est pas du JSON") from None
    inner = given.get(wrapper) if wrapper and isinstance(given, dict) else given
    return known_keys(inner, known, wrapper or "")


def known_keys(given: object, known: set[str], name: str) -> Json:
    """Return an object of a body, of which no key is unknown."""
    if not isinstance(given, dict):
        raise Refused(422, "champ", f"Champ attendu: {name}")
    for key in given:
        if key not in known:
            raise Refused(422, "champ", f"Champ inconnu: {key}")
    return given


def changes_page(
    live: Store[S], deleted: Store[S], query: dict[str, str], lookups: dict[str, str]
) -> tuple[list[tuple[S, bool]], str | None]:
    """One page of what changed, oldest change first, what is deleted among it.

    Args:
        live: what is there.
        deleted: what is only still shown.
        query: the call's parameters.
        lookups: the field that each further parameter looks for.

    Returns:
        The page, each with whether it is deleted, and the next cursor.
    """
    if query.get("tri", "modification") != "modification":
        raise Refused(400, "parametre", "tri: modification")
    text = query.get("modifie_depuis")
    since = None if text is None else read_time(text)
    keys: list[tuple[int, str]] = []
    for store in (live, deleted):
        listed, start = store.by_update(since)
        of_store = listed[start:]
        for parameter, name in lookups.items():
            if parameter in query:
                wanted = {entry.id for entry in store.find(name, query[parameter])}
                of_store = [key for key in of_store if key[1] in wanted]
        keys += of_store
    page, following = page_of(sorted(keys), query)
    found = [(live.entries.get(record_id), record_id) for _, record_id in page]
    return [(one or deleted.entries[gone], one is None) for one, gone in found], following


def page_of(keyed: Sequence[Any], query: dict[str, str]) -> tuple[list[Any], str | None]:
    """One page of what is sorted by its first element or as a whole, and the next cursor."""
    limit = query.get("limite", str(_LARGEST_PAGE))
    if not (limit.isdecimal() and 1 <= int(limit) <= _LARGEST_PAGE):
        raise Refused(400, "parametre", f"limite: 1 à {_LARGEST_PAGE}")
    start = 0
    if "curseur" in query:
        try:
            last = msgspec.json.decode(urlsafe_b64decode(query["curseur"]))
            start = bisect_right(keyed, last, key=_position)
        except (ValueError, TypeError):
            raise Refused(400, "parametre", "curseur inconnu") from None
    end = start + int(limit)
    following = None
    if end < len(keyed):
        position = msgspec.json.encode(_position(keyed[end - 1]))
        following = urlsafe_b64encode(position).decode()
    return list(keyed[start:end]), following


def _position(entry: tuple[Any, ...]) -> list[Any]:
    return [part for part in entry if isinstance(part, int | str)]


def our_word(words: dict[str, str], theirs: object) -> str:
    """Return the default's word for one of this API's."""
    for word, shown in words.items():
        if shown == theirs:
            return word
    raise Refused(422, "champ", f"Mot inconnu: {theirs!r:.40}")


def read_amount(value: object, currency: str) -> int:
    """Return an amount of a body in minor units."""
    if not isinstance(value, str):
        raise Refused(422, "champ", f"Montant en texte attendu: {value!r:.40}")
    try:
        return from_decimal(value, currency)
    except MoneyError as error:
        raise Refused(422, "champ", str(error)) from None


def read_time(text: object) -> datetime:
    """Return a time of a call in UTC."""
    try:
        local = datetime.strptime(str(text), _PATTERN)  # noqa: DTZ007 - the zone is put in next
    except ValueError:
        raise Refused(400, "date", f"Date attendue: jj/mm/aaaa hh:mm:ss, pas {text}") from None
    return local.replace(tzinfo=_ZONE).astimezone(UTC)


def write_time(moment: datetime) -> str:
    """Return a time as this API shows it."""
    return moment.astimezone(_ZONE).strftime(_PATTERN)


def number_of(text: str | None) -> Decimal | None:
    """Return a quantity or a rate, which this API shows as a number."""
    return None if text is None else Decimal(text)


def answer(result: object, following: str | None = None, status: int = 200) -> web.Response:
    """Return an answer; a list names its next page."""
    body: Json = {"resultat": result}
    if isinstance(result, list):
        body["suite"] = None if following is None else {"curseur": following}
    return web.Response(body=_ENCODER.encode(body), status=status, content_type="application/json")


def error_answer(status: int, code: str, text: str) -> web.Response:
    """Return an error in this API's shape."""
    return web.json_response({"erreur": {"code": code, "texte": text}}, status=status)
