"""What happens in the demo, from the first payment to the last report."""

from __future__ import annotations

from pathlib import Path

from demo.proof import play_the_proof
from demo.sandbox import served_sandbox
from demo.shown import DemoError, console, heading
from demo.steps import Demo
from demo.way_back import play_the_way_back


def play(folder: Path) -> None:
    """Play the whole demo.

    Raises:
        DemoError: a step failed.
    """
    with served_sandbox(folder) as (stripe_url, monstock_url):
        demo = Demo(folder, stripe_url, monstock_url)
        before, between = str(folder / "before.json"), str(folder / "between.json")
        check = ("check", "--exceptions", str(demo.exceptions_file))
        heading(
            "[bold]1. An afternoon of trade.[/bold] Customers paid at Stripe; Monstock does not "
            f"know it yet.\nStand-ins: Stripe at {stripe_url}, Monstock at {monstock_url}."
        )
        demo.sandbox("orders", "--save", before)
        heading("[bold]2. The first transfer.[/bold] Each payment goes to its order.")
        demo.transfer()
        demo.sandbox("orders", "--since", before, "--save", between)
        console.print("What the rules could not place, or what a person should look at:")
        demo.exceptions()
        console.print("The right outcome of each scenario was written beforehand, by hand:")
        demo.sandbox(*check)
        heading(
            "[bold]3. An evening of trade.[/bold] Refunds, disputes, late orders, corrections by "
            "staff.\nThe second transfer reads and writes what changed, and no more."
        )
        demo.sandbox("trade")
        demo.transfer()
        demo.sandbox("orders", "--since", between, "--changed")
        demo.exceptions()
        demo.sandbox(*check)
        heading("[bold]4. Nothing new.[/bold] A third transfer must leave Monstock alone.")
        third = demo.transfer()
        if third.monstock_writes:
            raise DemoError(f"the third run wrote {third.monstock_writes} times; it must not")
        demo.sandbox(*check)
        console.print("[bold green]The third run made 0 writes: everything is in place.[/]")
        play_the_proof(demo, play_the_way_back(demo))
