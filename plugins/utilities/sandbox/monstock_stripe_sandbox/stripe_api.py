"""Stripe's stand-in over HTTP."""

from __future__ import annotations

from aiohttp import web

from monstock_stripe_sandbox.controls import Controls
from monstock_stripe_sandbox.stripe_world import StripeWorld


def build_stripe_app(world: StripeWorld, controls: Controls) -> web.Application:
    """Return the application that answers as api.stripe.com does for `world`."""
    app = web.Application()
    app["world"] = world
    controls.install(
        app, lambda status, reason: web.json_response({"error": reason}, status=status)
    )
    return app
