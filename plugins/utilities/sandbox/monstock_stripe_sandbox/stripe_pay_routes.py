"""The call of `sandbox pay`, below `/_sandbox/` of Stripe's side.

It is what a customer does on a page of Stripe's: never counted, limited or hit by a fault.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from monstock_stripe_sandbox.stripe_books import StripeWorldError, UnknownObjectError
from monstock_stripe_sandbox.stripe_world import StripeWorld

OUTCOMES = ("paid", "pending", "declined")
_TAKEN = frozenset({"what", "method", "email", "outcome"})


def install_pay_routes(app: web.Application, world: StripeWorld) -> None:
    """Add the call to an application whose controls leave `/_sandbox/` alone."""

    async def pay(request: web.Request) -> web.Response:
        try:
            asked = _asked(await request.read())
            return web.json_response(_paid(world, asked))
        except ValueError as error:  # StripeWorldError is one: what cannot be paid now
            return _refused(409 if isinstance(error, StripeWorldError) else 400, error)
        except UnknownObjectError as error:
            return _refused(404, error)

    app.router.add_post("/_sandbox/pay", pay)


def _asked(body: bytes) -> dict[str, Any]:
    asked = json.loads(body)
    if not isinstance(asked, dict) or not isinstance(asked.get("what"), str):
        raise ValueError("the body must be a JSON object that names in `what` what is paid")
    unknown = sorted(asked.keys() - _TAKEN)
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}; known are {', '.join(sorted(_TAKEN))}")
    if not isinstance(asked.get("method", ""), str) or not isinstance(
        asked.get("email"), str | None
    ):
        raise ValueError("method and email must be texts")
    if asked.get("outcome", "paid") not in OUTCOMES:
        raise ValueError(f"outcome must be one of {', '.join(OUTCOMES)}")
    return asked


def _paid(platform: StripeWorld, asked: dict[str, Any]) -> dict[str, str]:
    """Let it be paid in the account that has it."""
    given = dict(asked)
    what = given.pop("what")
    unknown: UnknownObjectError | None = None
    for world in (platform, *platform.connected.values()):
        with world.lock:
            try:
                payment = world.pay(what, **given)
            except UnknownObjectError as error:
                unknown = unknown or error
                continue
            return {
                "payment": payment,
                "status": str(world.get("payment_intent", payment)["status"]),
            }
    raise UnknownObjectError(f"nothing is paid by {what}") from unknown


def _refused(status: int, error: Exception) -> web.Response:
    return web.json_response({"error": {"message": str(error)}}, status=status)
