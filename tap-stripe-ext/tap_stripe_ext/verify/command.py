"""The course of a verification, and its exit status."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from monstock_stripe_core.stripe_errors import StripeApiError
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.singerlib import Catalog
from tap_common.errors import TapError

from tap_stripe_ext.backfill_part import EVENT_LIFETIME, EVENTS
from tap_stripe_ext.reader import decode
from tap_stripe_ext.settings import read_settings
from tap_stripe_ext.stream_table import PAYMENTS, row_named
from tap_stripe_ext.verify.compare import different_fields, is_gone
from tap_stripe_ext.verify.findings import NOT_VERIFIED, StreamFindings, exit_status
from tap_stripe_ext.verify.jsonl import JsonlReceived
from tap_stripe_ext.verify.listing import read_streams
from tap_stripe_ext.verify.received import CannotVerifyError, Key, Received
from tap_stripe_ext.verify.report import as_json as report_as_json
from tap_stripe_ext.verify.report import as_table
from tap_stripe_ext.verify.sql import SqlReceived
from tap_stripe_ext.verify.store import Found, Outcome, Seen, Store

logger = logging.getLogger(__name__)

# When a snapshot of a payment was read: another moment at each reading.
_IGNORED = {PAYMENTS: frozenset({"version"})}


def verify_target(
    tap_class: type[Tap],
    what: str,
    given: _ConfigInput,
    *,
    catalog: Catalog | None,
    state: Mapping[str, Any] | None,
    schema: str | None,
    window: str,
    as_json: bool,
) -> int:
    """Compare a target with Stripe, print what was found, and return the exit status.

    Args:
        tap_class: the tap.
        what: a file or folder of JSON lines, or a SQLAlchemy URL.
        given: the settings given on the command line.
        catalog: the streams; those that the target holds if None.
        state: the last state of the run that fed the target.
        schema: the database's schema.
        window: "day" or "month".
        as_json: whether to print JSON.

    Returns:
        0 if both are equal, 1 if not, 2 if that could not be found out.
    """
    try:
        # Without stream maps: they would be prepared for all streams, which takes seconds.
        tap = tap_class(config=given.config, parse_env_config=given.parse_env, setup_mapper=False)
        with closing(_opened(what, tap, schema)) as received, closing(Store()) as store:
            course = Verification(tap, received, store, catalog, state)
            findings = course.run(window)
    except (TapError, StripeApiError) as error:
        logger.error("%s", error)
        return NOT_VERIFIED
    except ConfigValidationError as error:
        for problem in error.errors:
            logger.error("Setting: %s", problem)
        return NOT_VERIFIED
    click.echo(report_as_json(findings) if as_json else as_table(findings))
    return exit_status(findings)


def _opened(what: str, tap: Tap, schema: str | None) -> Received:
    keys = {name: tuple(stream.primary_keys) for name, stream in tap.streams.items()}
    if "://" in what:
        return SqlReceived(what, keys, schema)
    return JsonlReceived(Path(what), keys)


class Verification:
    """One comparison of a target with Stripe.

    Args:
        tap: knows the settings and all streams.
        received: the target's content.
        store: keeps what is found.
        catalog: the streams; those that the target holds if None.
        state: the last state of the run that fed the target, if it was given.

    Raises:
        CannotVerifyError: if there is nothing that can be compared.
    """

    def __init__(
        self,
        tap: Tap,
        received: Received,
        store: Store,
        catalog: Catalog | None,
        state: Mapping[str, Any] | None,
    ) -> None:
        self._tap = tap
        self._received = received
        self._store = store
        self._config = dict(tap.config)
        if self._config.get("stream_maps") or self._config.get("flattening_enabled"):
            raise CannotVerifyError(
                "With stream_maps or flattening_enabled, records are not as Stripe lists them. "
                "Only what was received without them can be verified."
            )
        self._settings = read_settings(self._config)
        # Every stream that fails is reported; which of them may fail is decided there.
        self._config["optional_streams"] = []
        self._catalog = catalog or _selecting(tap, received.streams())
        self._streams = {
            name: stream
            for name, stream in tap.streams.items()
            if (entry := self._catalog.get_stream(name)) is not None
            and entry.metadata.root.selected
        }
        if not self._streams:
            raise CannotVerifyError(
                "There is nothing to verify: no table or file in there has the name of a stream "
                "of this tap, or the catalog selects none."
            )
        self._state = state if state is not None else received.state()
        self._unread: set[str] = set()

    def run(self, window: str) -> list[StreamFindings]:
        """Compare everything and return what was found, by stream."""
        for name in self._streams:
            self._store.hold(name, self._received.held(name, self._keys(name)))
        self._read(self._catalog, None, self._compare)
        suspects = [
            name for name in self._streams if any(_suspect(one) for one in self._store.found(name))
        ]
        if suspects:
            self._look_again(suspects)
        return [self._findings(name, window) for name in self._streams]

    def _read(
        self, catalog: Catalog, state: Mapping[str, Any] | None, take: Any, **settings: Any
    ) -> None:
        unread = read_streams(type(self._tap), self._config | settings, catalog, state, take)
        self._unread.update(unread)

    def _keys(self, name: str) -> tuple[str, ...]:
        stream: Stream = self._streams[name]
        return tuple(stream.primary_keys)

    def _compare(self, name: str, records: Iterable[bytes]) -> None:
        """Compare records that the tap emitted with those that the target holds."""
        keys = self._keys(name)
        listed = {
            _key(record, keys): (record, raw) for raw, record in ((r, decode(r)) for r in records)
        }
        held = self._received.records(name, keys, listed)
        columns = self._received.columns(name)
        self._store.see(
            name,
            [
                _compared(name, key, record, raw, held.get(key), columns)
                for key, (record, raw) in listed.items()
            ],
        )

    def _look_again(self, suspects: Collection[str]) -> None:
        """Find out which differences a further run of the tap would remove."""
        logger.info("Looking again at what differs in %s.", ", ".join(suspects))
        for name in suspects:
            # A target that is being fed may have received it by now.
            for some in self._store.not_equal(name):
                self._compare(name, [one.raw for one in some])
        if self._state is not None:
            catalog = _narrowed(self._catalog, suspects)
            self._read(catalog, self._state, self._await, relist_interval=0)
            return
        latest = self._received.latest()
        if latest is None:
            return
        logger.warning(
            "Without the state of the last run (--state), what changed since the newest record "
            "counts as on its way."
        )
        for name in suspects:
            self._store.await_(
                name,
                (
                    one.key
                    for one in list(self._store.found(name))
                    if one.created is not None and one.created >= latest - self._settings.overlap
                ),
            )
        announced = [name for name in suspects if _is_announced(name)]
        if announced and not self._config.get("account_ids"):
            self._read(
                _narrowed(self._catalog, announced),
                _state_at(latest, announced),
                self._await,
                relist_recent_days=0,
                relist_unlinked_days=0,
            )

    def _await(self, name: str, records: Iterable[bytes]) -> None:
        keys = self._keys(name)
        self._store.await_(name, [_key(decode(record), keys) for record in records])

    def _findings(self, name: str, window: str) -> StreamFindings:
        findings = StreamFindings(name, window, optional=name in self._settings.optional_streams)
        if name in self._unread:
            findings.problem = "since Stripe's list could not be read (see above)"
            return findings
        oldest = self._settings.start
        if name == EVENTS:
            oldest = max(oldest, int(time.time()) - EVENT_LIFETIME)
        for found in self._store.found(name):
            outlived = found.outcome == Outcome.EXTRA and (found.created or oldest) < oldest
            if not outlived:
                findings.add(found)
        return findings


def _compared(
    stream: str,
    key: Key,
    listed: Mapping[str, Any],
    raw: bytes,
    received: Mapping[str, Any] | None,
    columns: Collection[str] | None,
) -> Seen:
    created = listed.get("created")
    if is_gone(listed):
        return Seen(key, created, Outcome.GONE)
    if received is None:
        return Seen(key, created, Outcome.MISSING, raw=raw)
    if is_gone(received):
        return Seen(key, created, Outcome.DIFFERENT, ("_sdc_deleted_at",), raw)
    fields = different_fields(listed, received, columns, _IGNORED.get(stream, ()))
    if fields:
        return Seen(key, created, Outcome.DIFFERENT, fields, raw)
    return Seen(key, created, Outcome.EQUAL)


def _suspect(found: Found) -> bool:
    return found.outcome != Outcome.EQUAL


def _key(record: Mapping[str, Any], keys: tuple[str, ...]) -> Key:
    return tuple(record[name] for name in keys)


def _selecting(tap: Tap, names: Collection[str]) -> Catalog:
    """Return a catalog of these streams alone, all selected."""
    catalog = Catalog(
        (name, stream._singer_catalog_entry)
        for name, stream in tap.streams.items()
        if name in names
    )
    for entry in catalog.values():
        entry.metadata.root.selected = True
    return catalog


def _narrowed(catalog: Catalog, names: Collection[str]) -> Catalog:
    return Catalog((name, entry) for name, entry in catalog.items() if name in names)


def _is_announced(name: str) -> bool:
    if name == PAYMENTS:
        return True
    row = row_named(name)
    return bool(row.announced_by) and not row.listed_whole


def _state_at(moment: int, names: Iterable[str]) -> dict[str, Any]:
    """Return the state of a run that had handled everything up to a moment."""
    log = {"format": 1, "position": moment, "handled": "", "checked": moment}
    streams = {name: {"in_step": True, "lists": {name: {"position": moment}}} for name in names}
    return {"bookmarks": {"event_log": log, **streams}}
