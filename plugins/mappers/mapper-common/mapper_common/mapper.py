"""A Singer mapper that turns the records of some streams by pure functions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import singer_sdk.singerlib as singer
from monstock_stripe_core.errors import MonstockStripeError
from singer_sdk.exceptions import MapExpressionError, MappingError
from singer_sdk.mapper import PluginMapper, RemoveRecordTransform
from singer_sdk.mapper_base import InlineMapper
from singer_sdk.plugin_base import _ConfigInput

from mapper_common.errors import OutputError, SettingError
from mapper_common.lines import LineReader

Record = dict[str, Any]
_LONGEST_REASON = 500

_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)

READ_AT = "_read_at"
"""Field in which a record says when it was read, see `Route.timed`."""


@dataclass(frozen=True, slots=True)
class OutputStream:
    """A stream that comes out.

    Args:
        name: as its messages call it.
        schema: of its records.
        key_properties: the fields that tell one record from another.
    """

    name: str
    schema: Mapping[str, Any]
    key_properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """What becomes of a stream that comes in.

    Args:
        output: the stream that its records go to.
        rejected: the stream on which refused records are said; it has a field `reason`.
        turn: makes of a record one that goes out, or None for none; raises MonstockStripeError
            for a record that it cannot take.
        named: makes of a refused record what is said of it beside the reason: its name alone,
            nothing of its content.
        called: how a message names a record that was turned.
        timed: whether `turn` is given, in the field `READ_AT`, when a record was read:
            microseconds since the epoch, by the message's `time_extracted`.
    """

    output: OutputStream
    rejected: OutputStream
    turn: Callable[[Any], Record | None]
    named: Callable[[object], Record]
    called: Callable[[Record], str]
    timed: bool = False


class RecordMapper(InlineMapper):
    """Turns the records of some streams; other streams pass as they are.

    A record that cannot be turned is said on a stream of its own, so that the target keeps it; the
    others go on. The SDK's `stream_maps` then work on what comes out.
    """

    message_reader_class = LineReader

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._stream_maps = PluginMapper(dict(self.config), self.logger)
        self._routes = self.routes()

    @abstractmethod
    def routes(self) -> Mapping[str, Route]:
        """Return by stream that comes in what becomes of it, by the mapper's settings."""

    @classmethod
    def invoke(cls, **options: Any) -> None:
        """Run the mapper; what a person can mend ends in one sentence and exit status 1."""
        try:
            super().invoke(**options)
        except MappingError as error:
            raise SettingError(f"setting stream_maps: {error}") from None
        except BrokenPipeError:
            raise OutputError("nobody reads the output any more") from None

    @classmethod
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        """Read the configuration files, with an error that names the file."""
        for path in value:
            try:
                given = _ConfigInput.from_cli_args(path).config
            except FileNotFoundError:
                raise SettingError(f"there is no configuration file {path}") from None
            except (OSError, ValueError, TypeError):
                # The decoding error's text may hold a part of the file.
                raise SettingError(f"configuration file {path} is no JSON object") from None
            if not isinstance(given, dict):
                raise SettingError(f"configuration file {path} is no JSON object")
        return super().cb_config(ctx, param, value)

    def map_schema_message(self, message_dict: dict[str, Any]) -> Iterator[singer.Message]:
        """Announce what comes out instead of what comes in; other streams' schemas pass."""
        route = self._routes.get(message_dict["stream"])
        if route is not None:
            yield from self._schemas(route.output)
        else:
            yield singer.SchemaMessage.from_dict(message_dict)

    def map_record_message(self, message_dict: dict[str, Any]) -> Iterator[singer.Message]:
        """Turn one record; the others pass."""
        route = self._routes.get(message_dict["stream"])
        if route is None:
            yield singer.RecordMessage.from_dict(message_dict)
            return
        if not self._is_announced(route.output):
            yield from self._schemas(route.output)
        record = message_dict["record"]
        if route.timed and isinstance(record, dict):
            record = {**record, READ_AT: _microseconds(message_dict.get("time_extracted"))}
        try:
            turned = route.turn(record)
            mapped = () if turned is None else self._by_stream_maps(route, turned)
        except MonstockStripeError as error:
            self.logger.error("Refused: %s", error)
            if not self._is_announced(route.rejected):
                yield from self._schemas(route.rejected)
            said = {**route.named(record), "reason": str(error)[:_LONGEST_REASON]}
            yield from self._records(route.rejected.name, said)
            return
        yield from mapped

    def map_state_message(self, message_dict: dict[str, Any]) -> Iterable[singer.Message]:
        """Bookmarks are the tap's affair: they pass as they are."""
        return (singer.StateMessage.from_dict(message_dict),)

    def map_activate_version_message(
        self, message_dict: dict[str, Any]
    ) -> Iterable[singer.Message]:
        """Our targets replace records by version, so full-table versions say nothing to them."""
        if message_dict["stream"] in self._routes:
            return ()
        return (singer.ActivateVersionMessage.from_dict(message_dict),)

    def _by_stream_maps(self, route: Route, record: Record) -> tuple[singer.Message, ...]:
        """A record as the user's `stream_maps` make it; one that they cannot take is refused."""
        try:
            return tuple(self._records(route.output.name, record))
        except (MapExpressionError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise MonstockStripeError(
                f"{route.called(record)}: setting stream_maps cannot be "
                f"applied to it ({type(error).__name__}: {error!s:.100})"
            ) from None

    def _is_announced(self, output: OutputStream) -> bool:
        return output.name in self._stream_maps.stream_maps

    def _schemas(self, output: OutputStream) -> Iterator[singer.Message]:
        self._stream_maps.register_raw_stream_schema(
            output.name, dict(output.schema), list(output.key_properties)
        )
        for stream_map in self._stream_maps.stream_maps[output.name]:
            if not isinstance(stream_map, RemoveRecordTransform):
                yield singer.SchemaMessage(
                    stream_map.stream_alias,
                    stream_map.transformed_schema,
                    stream_map.transformed_key_properties or [],
                )

    def _records(self, stream: str, record: Record) -> Iterator[singer.Message]:
        for stream_map in self._stream_maps.stream_maps[stream]:
            mapped = stream_map.transform(record)
            if mapped is not None:
                yield singer.RecordMessage(stream_map.stream_alias, mapped)


def _microseconds(extracted: object) -> int:
    """When a record was read; where its message does not say so, it was just now."""
    try:
        moment = datetime.fromisoformat(str(extracted))
    except ValueError:
        moment = datetime.now(UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND
