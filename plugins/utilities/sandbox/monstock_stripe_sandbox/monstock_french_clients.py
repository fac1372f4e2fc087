"""The customers behind the API below /gestion, under /clients."""

from __future__ import annotations

from aiohttp import web

from monstock_stripe_sandbox.monstock_customer_world import new_customer
from monstock_stripe_sandbox.monstock_french_forms import (
    Json,
    answer,
    body_of,
    changes_page,
    known_keys,
    query_of,
    write_time,
)
from monstock_stripe_sandbox.monstock_models import Address
from monstock_stripe_sandbox.monstock_store import StoredCustomer
from monstock_stripe_sandbox.monstock_world import MonstockWorld

_LOOKUPS = {"courriel": "email", "reference_stripe": "stripe_customer_id"}
_CONTACT = {"courriel": "email", "telephone": "phone"}
_ADDRESS = {
    "rue": "line1",
    "complement": "line2",
    "code_postal": "postal_code",
    "ville": "city",
    "region": "state",
    "pays": "country",
}


class FrenchClients:
    """The calls below /clients."""

    def __init__(self, world: MonstockWorld) -> None:
        self._world = world

    async def list_clients(self, request: web.Request) -> web.Response:
        """`GET /clients`."""
        query = query_of(request, "curseur", "limite", "tri", "modifie_depuis", *_LOOKUPS)
        with self._world.lock:
            stores = (self._world.customer_store, self._world.deleted_customers)
            page, following = changes_page(*stores, query, _LOOKUPS)
            return answer([_client(stored, gone) for stored, gone in page], following)

    async def get_client(self, request: web.Request) -> web.Response:
        """`GET /clients/{cle}`."""
        query_of(request)
        key = request.match_info["cle"]
        with self._world.lock:
            gone = self._world.deleted_customers.entries.get(key)
            return answer(_client(gone or self._world.customer_store.get(key), gone is not None))

    async def create_client(self, request: web.Request) -> web.Response:
        """`POST /clients`: nothing keeps a client from standing twice."""
        changes = await _changes(request)
        with self._world.lock:
            address = Address(**changes.pop("address", {}))
            values = new_customer(None, None) | changes | {"address": address}
            customer = self._world.add_customer(values)
            return answer(_client(self._world.customer_store.get(customer.id), False), status=201)

    async def put_client(self, request: web.Request) -> web.Response:
        """`PUT /clients/{cle}`: what is not named stays."""
        changes = await _changes(request)
        with self._world.lock:
            stored = self._world.customer_store.get(request.match_info["cle"])
            self._world.change_customer(stored, changes)
            return answer(_client(stored, False))


def _client(stored: StoredCustomer, gone: bool) -> Json:
    customer = stored.record
    return {
        "cle": customer.id,
        "raison_sociale": customer.name or "",
        "contact": {key: getattr(customer, name) or "" for key, name in _CONTACT.items()},
        "adresse": {key: getattr(customer.address, name) or "" for key, name in _ADDRESS.items()},
        "reference_stripe": customer.stripe_customer_id,
        "supprime": gone,
        "cree_le": write_time(customer.created_at),
        "modifie_le": write_time(customer.updated_at),
    }


async def _changes(request: web.Request) -> Json:
    """What the default's fields would be; an empty text takes a value away."""
    keys = {"raison_sociale", "contact", "adresse", "reference_stripe"}
    given = await body_of(request, "client", keys)
    contact = known_keys(given.get("contact", {}), set(_CONTACT), "contact")
    address = known_keys(given.get("adresse", {}), set(_ADDRESS), "adresse")
    changes: Json = {_CONTACT[key]: value or None for key, value in contact.items()}
    if address:
        changes["address"] = {_ADDRESS[key]: value or None for key, value in address.items()}
    for key, name in (("raison_sociale", "name"), ("reference_stripe", "stripe_customer_id")):
        if key in given:
            changes[name] = given[key] or None
    return changes
