"""Fixtures: a sandbox whose time a test moves, and the tap on both packaged profiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.testing import MONSTOCK_PATHS, RunningSandbox, running_sandbox
from tap_common.testing import TapRun
from tap_monstock.testing import run_tap

Tap = Callable[..., TapRun]


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(clock=Clock()) as running:
        yield running


@pytest.fixture(params=MONSTOCK_PATHS)
def profile(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def tap(sandbox: RunningSandbox, profile: str) -> Tap:
    """Run the tap against the API of a profile; the clock is the sandbox's."""

    def run(**options: Any) -> TapRun:
        options.setdefault("clock", lambda: datetime.fromtimestamp(sandbox.clock.now(), UTC))
        options.setdefault("profile", profile)
        return run_tap(sandbox.monstock_base_url(profile), **options)

    return run
