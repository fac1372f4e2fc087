"""What stands around a run that follows: the doorbell, the rings that wait, the metrics."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from tap_common.doorbell import Doorbell, DoorbellConfig, RingQueue
from tap_common.follow_settings import FollowSettings
from tap_common.following import Followed, Following
from tap_common.metrics import DoorbellCollector, FollowingCollector, serve_metrics
from tap_common.output import check_reader


def follow(
    followed: Followed,
    settings: FollowSettings,
    doorbell: DoorbellConfig | None,
    passing: tuple[type[Exception], ...],
    check_stop: Callable[[], None],
    collectors: tuple[object, ...] = (),
) -> None:
    """Follow until `check_stop` raises.

    Args:
        followed: reads and writes.
        settings: how.
        doorbell: what rings; None where nothing does.
        passing: failures that may pass: they are waited out.
        check_stop: raises what ends the run, if that was asked for.
        collectors: of further metrics.

    Raises:
        SettingError: an address cannot be listened on.
        DoorbellError: the doorbell does not start.
        OutputClosedError: nobody reads the output any more.
    """

    def check() -> None:
        # A run without news would not notice by writing that its target has died.
        check_reader()
        check_stop()

    rings = RingQueue()
    with ExitStack() as stack:
        bell: Doorbell | None = None
        if doorbell is not None:
            bell = stack.enter_context(Doorbell(doorbell, rings.put))
        following = Following(
            followed,
            rings,
            settings.intervals,
            passing,
            check,
            on_ready=bell.set_ready if bell is not None else lambda _: None,
        )
        if settings.metrics_listen is not None:
            mine = [*collectors, FollowingCollector(following)]
            if bell is not None:
                mine.append(DoorbellCollector(bell, rings))
            stack.enter_context(serve_metrics(settings.metrics_listen, mine))
        following.run()
