"""The command line's manners: one message and an exit status, whatever fails."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from singer_sdk.exceptions import ConfigValidationError
from tap_common.command import TapCommand
from tap_common.errors import (
    InputFileError,
    OutputClosedError,
    SettingError,
    StateError,
    StopRequestedError,
)
from tap_common.files import read_catalog, read_file, read_json_object
from tap_common.output import MessageOutput
from tap_common.tap import stated


def raising(error: Exception) -> Callable[[], None]:
    def run() -> None:
        raise error

    return run


def ends(error: Exception, *failures: type[Exception]) -> object:
    command = TapCommand(
        name="tap", callback=raising(error), logger=logging.getLogger("tap"), failures=failures
    )
    with pytest.raises(SystemExit) as ended:
        command.main([])
    return ended.value.code


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (SettingError("overlap", "is too long"), 1, "Setting overlap is too long."),
        (StateError("bookmarks", "is a list"), 1, "or none for a full back-fill"),
        (ConfigValidationError("bad", errors=["'x' is required"]), 1, "'x' is required"),
        (StopRequestedError(15), 143, "Stopped by signal 15; the state is written."),
        (OutputClosedError(), 74, "The target has closed the pipe"),
        (LookupError("told by the remote"), 1, "told by the remote"),
    ],
)
def test_a_failure_is_one_message_and_a_status(
    error: Exception,
    status: int,
    said: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os._exit", sys.exit)
    assert ends(error, LookupError) == status
    assert said in caplog.text
    assert "Traceback" not in caplog.text


def test_what_nobody_foresaw_keeps_its_traceback() -> None:
    command = TapCommand(
        name="tap", callback=raising(LookupError("x")), logger=logging.getLogger("tap")
    )
    with pytest.raises(LookupError):
        command.main([])


def test_another_command_is_run_where_its_name_comes_first(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    @click.command("other", help="Does something else.")
    @click.option("--fail", is_flag=True)
    def other(fail: bool) -> None:
        click.echo("other")
        if fail:
            raise SettingError("overlap", "is too long")

    command = TapCommand(
        name="tap",
        callback=lambda: click.echo("own"),
        logger=logging.getLogger("tap"),
        others=[other],
    )
    for arguments, status in (([], 0), (["other"], 0), (["other", "--fail"], 1)):
        with pytest.raises(SystemExit) as ended:
            command.main(arguments, prog_name="tap")
        assert (ended.value.code or 0) == status

    assert capsys.readouterr().out == "own\nother\nother\n"
    assert "Setting overlap is too long." in caplog.text


class Closed:
    def write(self, _data: bytes) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise AssertionError("nothing was written")


def test_a_reader_that_has_ended_is_told_from_other_failures() -> None:
    with pytest.raises(OutputClosedError):
        MessageOutput(Closed()).write_state({})


def test_messages_are_lines_with_exact_numbers(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    from decimal import Decimal

    MessageOutput().write_message({"type": "X", "rate": Decimal("5.50"), "text": "é\n"})
    assert capsysbinary.readouterr().out == '{"type":"X","rate":5.50,"text":"é\\n"}\n'.encode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The state file is empty."),
        ('{"a": ', "is no valid JSON"),
        ("[1]", "holds no JSON object"),
    ],
)
def test_a_file_that_is_no_object_is_named(text: str, said: str) -> None:
    with pytest.raises(InputFileError, match=said):
        read_json_object(text, "state")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"The config file .*nowhere cannot be read"):
        read_file(str(tmp_path / "nowhere"), "config")


@pytest.mark.parametrize("value", [{}, {"streams": {}}, {"streams": [{"a": 1}]}])
def test_a_file_that_is_no_catalog_says_what_writes_one(value: object) -> None:
    with pytest.raises(InputFileError, match="`tap-x --discover` writes one"):
        read_catalog(json.dumps(value), "tap-x")


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_state_may_be_wrapped_as_meltano_does(wrapped: bool) -> None:
    state: dict[str, object] = {"bookmarks": {}}
    assert stated({"singer_state": state} if wrapped else state) == state
