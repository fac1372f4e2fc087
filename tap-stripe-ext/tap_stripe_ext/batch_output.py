"""With the SDK's setting `batch_config`: records go into files, and BATCH messages name those.

A state waits until the records before it are in files. So that not each state makes small files,
files are written when enough records have come, and at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from singer_sdk.batch import Batcher
from singer_sdk.helpers._batch import BatchConfig, SDKBatchMessage
from singer_sdk.streams import Stream
from tap_common.output import Sink

from tap_stripe_ext.output import Output, messages_by_the_sdk
from tap_stripe_ext.progress import Progress


class BatchOutput(Output):
    """Writes records to files. Not thread-safe: one thread writes.

    Args:
        config: where and how.
        tap_name: what the files' names begin with.
        sink: as for `Output`.
        progress: as for `Output`.
    """

    def __init__(
        self,
        config: BatchConfig,
        tap_name: str,
        sink: Sink | None = None,
        progress: Progress | None = None,
    ) -> None:
        super().__init__(sink, progress)
        self._config = config
        self._tap_name = tap_name
        self._held: dict[str, list[dict[str, Any]]] = {}
        self._state: dict[str, Any] | None = None

    def write_records(self, stream: Stream, records: Iterable[bytes]) -> int:
        """Hold records until there are enough for a file; stream maps and selection apply."""
        count = 0
        for record in records:
            count += 1
            for message in messages_by_the_sdk(stream, record):
                self._held.setdefault(message["stream"], []).append(message["record"])
        self.count(stream, count)
        if sum(map(len, self._held.values())) >= self._config.batch_size:
            self._write_files()
        return count

    def write_state(self, state: dict[str, Any]) -> None:
        """Write a state now if all records before it are in files, else after those are."""
        self._state = state
        if not self._held:
            self._write_state()

    def finish(self) -> None:
        """Write what is held, and the state that counts on it."""
        self._write_files()

    def _write_files(self) -> None:
        for name, records in self._held.items():
            batcher = Batcher(self._tap_name, name, self._config)
            for manifest in batcher.get_batches(iter(records)):
                message = SDKBatchMessage(
                    stream=name, encoding=self._config.encoding, manifest=manifest
                )
                self.write_message(message.to_dict())
        self._held.clear()
        self._write_state()

    def _write_state(self) -> None:
        if self._state is not None:
            super().write_state(self._state)
            self._state = None
