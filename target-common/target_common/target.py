"""A Singer target over a ledger: settings, messages, STATE; its run does the rest."""

import copy
import json
import sys
import threading
import time
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import PurePath
from types import FrameType
from typing import IO, Any, ClassVar, cast

import click
from monstock_stripe_core.secret_settings import without_secrets
from singer_sdk import Target
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities
from singer_sdk.plugin_base import PluginBase, _ConfigInput
from singer_sdk.sinks import Sink

from target_common.config_files import read_config
from target_common.errors import InputError
from target_common.intake import Intake
from target_common.reader import MessageReader
from target_common.run import LedgerRun
from target_common.sinks import IgnoredSink, PassingSink
from target_common.slices import Slice

_BATCH_SIZE = 5000
_LONGEST_REST = 3600.0

_MEANWHILE = 200
"""Lines that are taken at most at a time beside the work, so that it goes on too. Where the other
system hangs, they are taken four times a second."""

_BROKEN_GRACE = 60.0
"""Seconds after which a run whose STATE is held back by a broken line ends, so that a new one reads
again what was lost; an input that ends sooner is taken to its end."""


class LedgerTarget(Target):
    """What is durable in the ledger is returned as STATE; a run works on it.

    Attributes:
        sink_classes: the streams that it takes.
        documented_streams: those of them that a message offers to a user.
    """

    default_sink_class = PassingSink
    sink_classes: ClassVar[Mapping[str, type[Sink]]]
    documented_streams: ClassVar[tuple[str, ...]]
    message_reader_class = MessageReader
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(
        self,
        *,
        config: dict[str, Any] | PurePath | str | list[PurePath | str] | None = None,
        parse_env_config: bool = False,
        validate_config: bool = True,
        setup_mapper: bool = True,
        message_reader: MessageReader | None = None,
    ) -> None:
        """Create the target; nothing is opened yet."""
        super().__init__(
            config=config,
            parse_env_config=parse_env_config,
            validate_config=validate_config,
            setup_mapper=setup_mapper,
            message_reader=message_reader,
        )
        self.max_parallelism = 1  # one thread keeps the ledger
        self._reader = cast("MessageReader", self.message_reader)
        self._reader.listener = self
        self._run: LedgerRun | None = None
        self._buffer: dict[str, list[dict[str, Any]]] = {}
        batch_size = int(self.config.get("batch_size_rows") or _BATCH_SIZE)
        self._batch_size = batch_size
        self._intake = Intake(batch_size, time.monotonic())
        self._has_work = False
        self._returned_state: dict[str, Any] | None = None
        self._broken_at: float | None = None
        self._ignored: set[str] = set()
        self._ends_itself = False
        self._shows_plan_on_stdout = False

    @abstractmethod
    def open_run(self) -> LedgerRun:
        """Open a run by the settings.

        Raises:
            MonstockStripeError: a setting or the ledger cannot be used.
        """

    @property
    def run(self) -> LedgerRun:
        """The run, begun at first use.

        Raises:
            MonstockStripeError: a setting or the ledger cannot be used.
        """
        if self._run is None:
            self.use(self.open_run())
        return cast("LedgerRun", self._run)

    def use(self, run: LedgerRun) -> None:
        """Take a run that was opened elsewhere, with a clock and a sleeper of its own."""
        self._run = run
        run.meanwhile = self._take_meanwhile

    # -- what comes in --

    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """The sink of a stream.

        Raises:
            InputError: the stream is not for this target, and `other_streams` is not `ignore`.
        """
        found = self.sink_classes.get(stream_name)
        if found is not None:
            return found
        if self.config.get("other_streams", "error") != "ignore":
            raise InputError(
                f"stream {stream_name!r:.80} is not for {self.name}, which takes "
                f"{' and '.join(self.documented_streams)}. "
                "Deselect it in the tap, map it by stream_maps, or set other_streams: ignore."
            )
        if stream_name not in self._ignored:
            self._ignored.add(stream_name)
            self.logger.warning("stream %r is ignored (other_streams: ignore)", stream_name)
        return IgnoredSink

    def take(self, stream: str, record: dict[str, Any]) -> None:
        """Take a record; it is durable after the next `store`."""
        self._buffer.setdefault(stream, []).append(record)
        self._intake.took_record(time.monotonic())

    def store(self, *, with_state: bool = False) -> None:
        """Make durable what was taken, and return the STATE behind it.

        Args:
            with_state: also where another was returned a moment ago.
        """
        while self._buffer:
            stream = next(iter(self._buffer))
            self.run.take(stream, self._buffer[stream])
            del self._buffer[stream]
        self._intake.stored()
        if self._latest_state and (with_state or self._intake.is_state_due(time.monotonic())):
            self._write_state_message(copy.deepcopy(self._latest_state))

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        """Keep a STATE, to be returned once what came before it is durable."""
        self._assert_line_requires(message_dict, requires={"value"})
        if self._reader.broken:
            return
        self._latest_state = message_dict["value"]
        self._intake.took_state()

    def _write_state_message(self, state: dict[str, Any]) -> None:
        """Return a STATE, unless it was already, or this is a dry run."""
        self._intake.returned_state(time.monotonic())
        if self.run.is_dry or state == self._returned_state:
            return
        self._returned_state = state
        sys.stdout.write(json.dumps(state) + "\n")
        sys.stdout.flush()

    def _handle_max_record_age(self) -> None:
        """Nothing waits in a sink."""

    # -- between lines --

    def after_line(self) -> float:
        """Make a full or an old batch durable and work on it; see `Listener`."""
        now = time.monotonic()
        if self._intake.is_batch_due(now) or self._intake.is_state_due(now):
            self.store()
            self._work(pours=True)
            self._end_if_asked()
        return self._intake.pause(time.monotonic(), work_waits=self._has_work)

    def while_idle(self) -> float:
        """Make durable what came, and work until more comes; see `Listener`."""
        self.store()
        self._end_if_asked()
        self._end_if_hopeless()
        self._work(pours=self._intake.pours(time.monotonic()))
        self._end_if_asked()
        if self._has_work:
            return 0.0
        return min(self._intake.rests(time.monotonic()), self.run.rests(), _LONGEST_REST)

    def _work(self, *, pours: bool) -> None:
        run = self.run
        self._has_work = run.work(
            Slice(lambda: self._reader.has_input or run.has_news, pours=pours)
        )

    def _take_meanwhile(self) -> None:
        """Make durable what came while workers have something to do; not where this ends itself."""
        if self._ends_itself:
            return
        self._reader.take_ready(min(self._batch_size, _MEANWHILE))
        self.store()

    def _end_if_hopeless(self) -> None:
        """End where going on is of no use: whoever starts us again does better.

        Raises:
            RunIncompleteError: it is so.
        """
        if self._reader.broken and self._broken_at is None:
            self._broken_at = time.monotonic()
        broken_at = self._broken_at
        broke_long_ago = broken_at is not None and time.monotonic() - broken_at > _BROKEN_GRACE
        if self.run.is_hopeless or broke_long_ago:
            self.process_endofpipe()

    # -- the end --

    def process_endofpipe(self) -> None:
        """Finish the run, also where nothing came at all.

        Raises:
            RunIncompleteError: something is left to do; it is kept in the ledger.
            LedgerError: the ledger cannot be written.
        """
        run = self.run
        try:
            super().process_endofpipe()
            self.store(with_state=True)
            if self._reader.broken:
                lines = ", ".join(map(str, self._reader.broken))
                run.note_problem(
                    f"{self._reader.broken_count} lines of the input were no Singer "
                    f"messages (line {lines}); no STATE after them was returned."
                )
            self._ends_itself = True
            run.finish()
        finally:
            self._ends_itself = False
            self.close()
        if run.stopping and threading.current_thread() is threading.main_thread():
            raise SystemExit(0)

    def close(self) -> None:
        """Let go of the ledger and its lock; harmless when it was done before."""
        if self._run is not None:
            self._run.close()

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[bytes] | None = None,
        dry_run: str | None = None,
    ) -> None:
        """Run the target as the command line asks.

        Args:
            about: show what it is and end.
            about_format: how.
            config: from files and environment.
            file_input: instead of standard input.
            dry_run: `table` or `json`: show the plan on standard output and change nothing.
        """
        PluginBase.invoke.__func__(cls, about=about, about_format=about_format)  # type: ignore[attr-defined]
        cls.print_version(print_fn=cls.logger.info)
        given = config or _ConfigInput()
        settings = dict(given.config)
        if dry_run:
            settings |= {"dry_run": True, "dry_run_format": dry_run}
        target = cls(config=settings, parse_env_config=given.parse_env)
        target._shows_plan_on_stdout = dry_run is not None
        try:
            _ = target.run  # bad settings and a ledger in use are said before anything is read
            target.listen(cast("Any", file_input))
        finally:
            target.close()

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The SDK's command with `--dry-run`."""
        command = super().get_singer_command()
        for option in command.params:
            if option.name == "file_input":
                option.type = click.File("rb")
        command.params.append(
            click.Option(
                ["--dry-run"],
                is_flag=False,
                flag_value="table",
                type=click.Choice(["table", "json"]),
                default=None,
                help="Show the plan of writes on standard output and change nothing.",
            )
        )
        command.epilog = f"`{cls.name} exceptions --help`: what waits for a person, and why."
        return command

    @classmethod
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        """Read the configuration files.

        Raises:
            click.BadParameter: a file is missing, or is not a JSON object.
        """
        return read_config(ctx, param, value)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End soon: at once while waiting for input, else when what is in hand is done."""
        self.logger.info("signal %d: ending; what came is kept", signum)
        if self._run is not None:
            self._run.stopping = True
            if self._ends_itself or self._reader.wake():
                return
        raise SystemExit(0)

    def _end_if_asked(self) -> None:
        """End cleanly where a signal asked for it: what came is kept, and its STATE returned."""
        if self.run.stopping and threading.current_thread() is threading.main_thread():
            self.store(with_state=True)
            self.run.stop()
            raise SystemExit(0)

    # -- settings --

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Only those of the SDK's settings that mean something here: the stream maps."""
        PluginBase.append_builtin_config.__func__(cls, config_jsonschema)  # type: ignore[attr-defined]

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings; a secret that has the wrong type is not repeated."""
        try:
            return super()._validate_config(raise_errors=raise_errors)
        except ConfigValidationError as error:
            error.errors = without_secrets(error.errors, self._config, self.config_jsonschema)
            raise

    def show_plan_line(self, line: str) -> None:
        """A line of a dry run's plan.

        Where a setting asked for it, and not the command line, it goes to stderr: on stdout
        Meltano would take it for STATE.
        """
        print(line, file=sys.stdout if self._shows_plan_on_stdout else sys.stderr)
