"""The command, the terminal and the page give the same answer to the same comparison."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from monstock_stripe_reconcile.cli import main
from reconcile_world import Plant, World, right_single, unreadable


@pytest.mark.parametrize(
    ("plant", "since", "command", "terminal", "page"),
    [
        (unreadable, None, "1 to look at", "1 payment without an order to look at",
         "1 payment without an order to look at."),
        (right_single, None, "everything agrees", "Everything agrees", "Everything agrees."),
        (right_single, "2026-10-30", "there was nothing to compare",
         "There was nothing to compare", "There was nothing to compare."),
    ],
    ids=["none_readable", "right", "none_since"],
)  # fmt: skip
def test_the_answer_is_the_same_wherever_it_stands(
    plant: Plant, since: str | None, command: str, terminal: str, page: str, tmp_path: Path
) -> None:
    world = World()
    plant(world, 5000)
    environment = {
        "RECONCILE_SOURCE": world.write(tmp_path / "warehouse.duckdb"),
        "RECONCILE_RESULTS": str(tmp_path / "results.duckdb"),
        "RECONCILE_REPORT": str(tmp_path / "report.html"),
    }

    def said(*arguments: str) -> str:
        return CliRunner().invoke(main, arguments, env=environment).output

    only = ["--since", since] if since else []
    compared = said("compare", "--as-of", "2026-10-31 12:00:00", *only).splitlines()[-1]
    assert f"payments: {command}. Results" in compared
    assert said("show").splitlines()[0] == terminal
    said("report")
    html = (tmp_path / "report.html").read_text()
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    assert heading is not None
    assert heading[1].strip() == page
