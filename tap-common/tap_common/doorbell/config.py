"""What a doorbell is made of: where it listens, whom it believes, and what it hands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from tap_common.doorbell.signatures import BodyHmac, TimestampedHmac
from tap_common.errors import SettingError

HEALTH_PATH = "/healthz"
READY_PATH = "/readyz"

Signature: TypeAlias = TimestampedHmac | BodyHmac
FieldType: TypeAlias = Literal["string", "integer", "object"]


@dataclass(frozen=True, slots=True)
class MessageShape:
    """What a call's body, a JSON object, must hold, and what of it is handed on.

    Paths are names with dots between them, such as "data.object".

    Args:
        kept: the paths of what is handed on, in its place; absent ones are left out.
        required: the paths without which the body is refused, and the type of each.
        id: the path of what tells one message from another; it must be required as a string. None
            where messages have no id; then repetitions are not recognised.
    """

    kept: tuple[str, ...]
    required: Mapping[str, FieldType] = field(default_factory=dict)
    id: str | None = "id"


@dataclass(frozen=True, slots=True)
class DoorbellConfig:
    """A doorbell's settings, checked.

    Args:
        listen: "host:port"; an IPv6 address stands in brackets. Port 0 takes any free one.
        path: the only path that rings, such as "/webhooks/stripe".
        secrets: a call is believed if it is signed with one of them: two while they are rotated.
        signature: how calls are signed.
        shape: what a call's body must hold, and what of it is handed on.
        body_limit: bytes that a body may have.
        body_seconds: within which it must have come.
        at_once: how many bodies are read at once; for a further call, the one that has been
            awaited for longest is given up.

    Raises:
        SettingError: where one of them makes no sense; secrets are not repeated in it.
    """

    listen: str
    path: str
    secrets: tuple[str, ...] = field(repr=False)
    signature: Signature
    shape: MessageShape
    body_limit: int = 1024 * 1024
    body_seconds: float = 10.0
    at_once: int = 64

    def __post_init__(self) -> None:
        _check_path(self.path)
        _check_secrets(self.secrets)


def _check_path(path: str) -> None:
    if not path.startswith("/") or not path.isascii() or set(path) & set(" ?#%"):
        raise SettingError(
            "webhook_path", f"is {path!r}, but must be a plain path such as /webhooks/stripe"
        )
    if path in (HEALTH_PATH, READY_PATH):
        raise SettingError("webhook_path", f"is {path}, which is there for health checks")


def _check_secrets(secrets: tuple[str, ...]) -> None:
    if not secrets:
        raise SettingError("webhook_secrets", "is empty, so no call could be believed")
    for secret in secrets:
        if not secret.strip():
            raise SettingError("webhook_secrets", "holds an empty secret, which anybody knows")
        if secret != secret.strip():
            raise SettingError("webhook_secrets", "holds a secret with a blank around it")
