"""What a target received, whatever it is kept in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tap_common.errors import TapError

Key = tuple[Any, ...]


class CannotVerifyError(TapError):
    """The target, or what it holds, cannot be read."""


@dataclass(frozen=True, slots=True)
class Held:
    """One record that the target holds, without its content.

    Args:
        key: the values of its key fields.
        created: its `created`, if it has one.
        gone: whether the target knows that the object was deleted.
    """

    key: Key
    created: int | None
    gone: bool


class Received(Protocol):
    """A target's content."""

    def streams(self) -> Collection[str]:
        """Return the streams that it holds."""

    def held(self, stream: str, keys: tuple[str, ...]) -> Iterator[Held]:
        """Yield everything that it holds of a stream; nothing if it does not know the stream.

        Args:
            stream: the stream.
            keys: the names of its key fields.

        Raises:
            CannotVerifyError: if it cannot be read.
        """

    def records(
        self, stream: str, keys: tuple[str, ...], wanted: Collection[Key]
    ) -> Mapping[Key, Mapping[str, Any]]:
        """Return the records with these keys, as far as it holds them."""

    def columns(self, stream: str) -> Collection[str] | None:
        """Return the fields that it has a place for; None if it takes any."""

    def state(self) -> Mapping[str, Any] | None:
        """Return the tap's last state, if the target keeps it."""

    def latest(self) -> int | None:
        """Return when the newest record was extracted, in seconds since 1970, if it says."""

    def close(self) -> None:
        """Let go of files and connections."""
