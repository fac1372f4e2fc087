"""What Stripe's calls look like, for the doorbell."""

from __future__ import annotations

from collections.abc import Iterable

from tap_common.doorbell import DoorbellConfig, MessageShape, TimestampedHmac

DEFAULT_PATH = "/webhooks/stripe"

# Stripe's own libraries take calls that are up to five minutes old; here none from the future
# either.
_STRIPE_SIGNATURE = TimestampedHmac(header="Stripe-Signature", scheme="v1", tolerance=300)
# What `notices.notice_of` looks at, and what tells whose event it is.
_EVENT = MessageShape(
    kept=(
        "id",
        "type",
        "created",
        "account",
        "livemode",
        "api_version",
        "data.object",
        "data.previous_attributes",
    ),
    required={"id": "string", "type": "string", "created": "integer", "data.object": "object"},
    id="id",
)


def stripe_doorbell(
    listen: str, secrets: Iterable[str], path: str = DEFAULT_PATH
) -> DoorbellConfig:
    """Return the configuration of a doorbell that Stripe rings.

    Its rings carry the event, cut down: `id`, `type`, `created`, `account` (of a connected
    account), `livemode`, `api_version`, `data.object` and `data.previous_attributes`.

    Args:
        listen: "host:port"; an IPv6 address stands in brackets.
        secrets: the endpoint's signing secrets; each of them is believed.
        path: the only path that rings.

    Raises:
        SettingError: where one of them makes no sense.
    """
    return DoorbellConfig(
        listen=listen,
        path=path,
        secrets=tuple(secrets),
        signature=_STRIPE_SIGNATURE,
        shape=_EVENT,
    )
