"""The keys that make a write safe to repeat (Stripe API reference, 'Idempotent requests')."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from monstock_stripe_sandbox.stripe_books import DAY
from monstock_stripe_sandbox.stripe_errors import reused_idempotency_key
from monstock_stripe_sandbox.stripe_params import Raw


@dataclass(frozen=True, slots=True)
class Answer:
    """A response that a repeat gets again."""

    status: int
    body: bytes
    request_id: str


@dataclass(frozen=True, slots=True)
class _Kept:
    path: str
    raw: Mapping[str, Raw]
    answer: Answer
    kept_at: float


class IdempotencyKeys:
    """What was answered to requests with an Idempotency-Key, for 24 hours.

    Kept is what came of a request that was carried out, an error too. A request whose parameters
    or permissions were refused before leaves its key free.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._kept: dict[str, _Kept] = {}

    def replay(self, key: str, path: str, raw: Mapping[str, Raw]) -> Answer | None:
        """Return the first answer, or None where the key is new.

        Raises:
            StripeError: the key came with another request before.
        """
        kept = self._kept.get(key)
        if kept is None or self._now() - kept.kept_at > DAY:
            return None
        if (kept.path, kept.raw) != (path, raw):
            raise reused_idempotency_key(key)
        return kept.answer

    def keep(self, key: str, path: str, raw: Mapping[str, Raw], answer: Answer) -> None:
        """Remember an answer."""
        self._kept[key] = _Kept(path, dict(raw), answer, self._now())

    def to_json(self) -> dict[str, Any]:
        """Return what is remembered still, as JSON can hold it."""
        now = self._now()
        return {
            key: {
                **asdict(kept),
                "answer": {**asdict(kept.answer), "body": kept.answer.body.decode()},
            }
            for key, kept in self._kept.items()
            if now - kept.kept_at <= DAY
        }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Take up what `to_json` gave."""
        for key, each in kept.items():
            answer = Answer(**{**each["answer"], "body": each["answer"]["body"].encode()})
            self._kept[key] = _Kept(each["path"], each["raw"], answer, each["kept_at"])
