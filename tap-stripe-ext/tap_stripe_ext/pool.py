"""Runs requests side by side and hands their results back to one thread, in bounded number."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Barrier
from typing import Generic, TypeVar

from tap_common.errors import SettingError, StopRequestedError

from tap_stripe_ext.progress import Progress

T = TypeVar("T")
K = TypeVar("K")

# How often a waiting main thread looks whether it has been asked to stop.
_LOOK_UP_SECONDS = 0.2
_LISTEN_SECONDS = 0.01
# A task that waited less than this many seconds for the pace was not held up by it: tasks that ask
# at the same time wait for each other a little also where the pace is not reached.
_A_MOMENT = 0.04
# The part of all tasks whose results may wait for the owner before the owner is what is slow.
_BEHIND = 0.25


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


@dataclass(slots=True)
class Ended(Generic[T]):
    """How a task ended in its thread.

    Args:
        result: what it gave.
        error: what it raised, if it did.
        was_held_up: whether it had to wait because requests may not be made faster.
    """

    result: T | None = None
    error: BaseException | None = None
    was_held_up: bool = False


class Pool:
    """Some threads. Tasks are started by, and results given to, the thread that owns the pool.

    Args:
        size: how many tasks run at once.
        waited: returns for how many seconds the thread that asks has waited so far because
            requests may not be made faster.
        progress: is let tell of itself while results are waited for.
    """

    def __init__(
        self,
        size: int,
        waited: Callable[[], float] = lambda: 0.0,
        progress: Progress | None = None,
    ) -> None:
        self.size = size
        self.progress = progress
        self.waited = waited
        self._executor = ThreadPoolExecutor(size, thread_name_prefix="stripe")
        self._stop_signal = 0
        self.between: Callable[[], None] | None = None
        """Called by the owner while it waits for results: does what cannot wait for them."""

    def start_all_threads(self) -> None:
        """Have all threads from now on: a run that lasts takes at once what it will ever take.

        Raises:
            SettingError: if the system does not let the process have so many.
        """
        all_there = Barrier(self.size)
        begun: list[Future[int]] = []
        try:
            while len(begun) < self.size:
                begun.append(self._executor.submit(all_there.wait))
        except RuntimeError:  # "can't start new thread"
            all_there.abort()
            raise SettingError(
                "concurrency",
                f"is {self.size}, but the system refuses more than {len(begun)} threads for it: "
                "lower it, or let the process have more threads or memory",
            ) from None
        wait(begun)

    def request_stop(self, signal_number: int) -> None:
        """Make the owner's next look at results raise `StopRequestedError`. Signal-safe."""
        self._stop_signal = signal_number

    def check_stop(self) -> None:
        """Raise `StopRequestedError` if a stop was requested."""
        if self._stop_signal:
            raise StopRequestedError(self._stop_signal)

    def listen(self) -> float:
        """Do what cannot wait; return for how many seconds results may be waited for after it."""
        self.check_stop()
        if self.between is None:
            return _LOOK_UP_SECONDS
        self.between()
        return _LISTEN_SECONDS

    def result_of(self, future: Future[T]) -> T:
        """Wait for a task's end and return its result, or raise its error; nothing else is done.

        Raises:
            StopRequestedError: when the process was asked to end.
        """
        while not future.done():
            self.check_stop()
            wait([future], timeout=_LOOK_UP_SECONDS)
        return future.result()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Start `work` in one of the threads, in a copy of the caller's context."""
        return self._executor.submit(copy_context().run, work)

    def start(self, work: Callable[[], T], on_end: Callable[[Ended[T]], None]) -> Future[None]:
        """Start `work` in one of the threads, and tell of its end from there."""
        return self._executor.submit(self._do, work, on_end)

    def _do(self, work: Callable[[], T], on_end: Callable[[Ended[T]], None]) -> None:
        before = self.waited()
        try:
            ended = Ended(result=work())
        except BaseException as error:  # raised again by the owner
            ended = Ended(error=error)
        ended.was_held_up = self.waited() - before > _A_MOMENT
        on_end(ended)

    def close(self) -> None:
        """Let go of the threads; what is under way is waited for by nobody here."""
        self._executor.shutdown(wait=False, cancel_futures=True)


class Run(Generic[K, T]):
    """A set of tasks that may grow while their results come in.

    Args:
        pool: where they run.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: deque[tuple[K, Callable[[], T]]] = deque()
        self._under_way: dict[int, Future[None]] = {}
        self._ended: SimpleQueue[tuple[int, K, Ended[T]]] = SimpleQueue()
        self._started = 0
        self._last_was_held_up = False

    @property
    def wants_more(self) -> bool:
        """Whether one more task like the one whose result came last would be done sooner now.

        Not so if no thread is free, if many results wait for the owner, who is then what is slow,
        or if the last task was held up because requests may not be made faster.
        """
        free = self._pool.size - len(self._under_way) - len(self._waiting)
        behind = self._ended.qsize() > _BEHIND * self._pool.size
        return free > 0 and not behind and not self._last_was_held_up

    def add(self, key: K, work: Callable[[], T]) -> None:
        """Add a task; it starts as soon as a thread is free, in a copy of the caller's context."""
        self._waiting.append((key, partial(copy_context().run, work)))
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
                seconds = self._pool.listen()
                if self._pool.progress is not None:
                    self._pool.progress.tell_now_and_then()
                self._start()
                try:
                    number, key, ended = self._ended.get(timeout=seconds)
                except Empty:
                    continue
                del self._under_way[number]
                self._last_was_held_up = ended.was_held_up
                if ended.error is None:
                    yield Done(key, result=ended.result)
                elif isinstance(ended.error, Exception):
                    yield Done(key, error=ended.error)
                else:
                    raise ended.error
        finally:
            for future in self._under_way.values():
                future.cancel()

    def _start(self) -> None:
        while self._waiting and len(self._under_way) < self._pool.size:
            key, work = self._waiting.popleft()
            self._started += 1
            number = self._started
            self._under_way[number] = self._pool.start(work, self._teller(number, key))

    def _teller(self, number: int, key: K) -> Callable[[Ended[T]], None]:
        return lambda ended: self._ended.put((number, key, ended))


def run_all(pool: Pool, tasks: Iterable[tuple[K, Callable[[], T]]]) -> Iterator[Done[K, T]]:
    """Run all tasks and yield their ends as they come; no more are under way than fit."""
    run: Run[K, T] = Run(pool)
    for key, work in tasks:
        run.add(key, work)
    yield from run.results()
