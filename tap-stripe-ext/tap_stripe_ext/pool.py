"""Runs requests side by side and hands their results back to one thread, in bounded number."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K")

# How often a waiting main thread looks whether it has been asked to stop.
_LOOK_UP_SECONDS = 0.2


class StopRequestedError(Exception):
    """The process was asked to end (SIGTERM or SIGINT)."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"stopped by signal {signal_number}")
        self.signal_number = signal_number


@dataclass(frozen=True, slots=True)
class Done(Generic[K, T]):
    """The end of one task: its key and either its result or its error."""

    key: K
    result: T | None = None
    error: Exception | None = None

    def result_or_raise(self) -> T:
        """Return the result, or raise the error."""
        if self.error is not None:
            raise self.error
        if self.result is None:
            raise TypeError(f"the task {self.key!r} gave no result")
        return self.result


class Pool:
    """Some threads. Tasks are started by, and results given to, the thread that owns the pool.

    Args:
        size: how many tasks run at once.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._executor = ThreadPoolExecutor(size, thread_name_prefix="stripe")
        self._stop_signal = 0

    def request_stop(self, signal_number: int) -> None:
        """Make the owner's next look at results raise `StopRequestedError`. Signal-safe."""
        self._stop_signal = signal_number

    def check_stop(self) -> None:
        """Raise `StopRequestedError` if a stop was requested."""
        if self._stop_signal:
            raise StopRequestedError(self._stop_signal)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Start `work` in one of the threads."""
        return self._executor.submit(work)

    def close(self) -> None:
        """Let go of the threads; what is under way is waited for by nobody."""
        self._executor.shutdown(wait=False, cancel_futures=True)


class Run(Generic[K, T]):
    """A set of tasks that may grow while their results come in.

    Args:
        pool: where they run.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: deque[tuple[K, Callable[[], T]]] = deque()
        self._under_way: dict[Future[T], K] = {}

    @property
    def idle(self) -> int:
        """How many threads have nothing to do."""
        return self._pool.size - len(self._under_way) - len(self._waiting)

    def add(self, key: K, work: Callable[[], T]) -> None:
        """Add a task; it starts as soon as a thread is free."""
        self._waiting.append((key, work))
        self._start()

    def drop_waiting(self, unwanted: Callable[[K], bool]) -> None:
        """Forget tasks that have not started."""
        self._waiting = deque(task for task in self._waiting if not unwanted(task[0]))

    def results(self) -> Iterator[Done[K, T]]:
        """Yield each task's end, as they come, until none is left.

        Raises:
            StopRequestedError: when the process was asked to end.
        """
        try:
            while self._under_way or self._waiting:
                self._pool.check_stop()
                self._start()
                ended, _ = wait(
                    self._under_way, timeout=_LOOK_UP_SECONDS, return_when=FIRST_COMPLETED
                )
                for future in ended:
                    key = self._under_way.pop(future)
                    error = future.exception()
                    if error is None:
                        yield Done(key, result=future.result())
                    elif isinstance(error, Exception):
                        yield Done(key, error=error)
                    else:
                        raise error
        finally:
            for future in self._under_way:
                future.cancel()

    def _start(self) -> None:
        while self._waiting and len(self._under_way) < self._pool.size:
            key, work = self._waiting.popleft()
            self._under_way[self._pool.submit(work)] = key


def run_all(pool: Pool, tasks: Iterable[tuple[K, Callable[[], T]]]) -> Iterator[Done[K, T]]:
    """Run all tasks and yield their ends as they come; no more are under way than fit."""
    run: Run[K, T] = Run(pool)
    for key, work in tasks:
        run.add(key, work)
    yield from run.results()
