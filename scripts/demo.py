"""Both directions, on stand-ins of Stripe and Monstock (`make demo`).

An afternoon of trade, a run; an evening of trade, a run; and a third run that finds nothing to do.
Then the way back: payments are told their orders, and orders without a payment are collected.
All that the demo keeps lies in a temporary folder, so it starts from nothing each time.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from monstock_stripe_core.money import to_decimal_text
from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.pipeline import STRIPE_KEY, Ended, executable
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
TO_MONSTOCK, TO_STRIPE, BOTH = "stripe-to-monstock", "monstock-to-stripe", "sync"
START_SECONDS = 30
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


class DemoError(Exception):
    """The demo could not go on; the text says where and shows what was said."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one run asked of the two systems."""

    stripe_reads: int
    stripe_writes: int
    monstock_reads: int
    monstock_writes: int

    @property
    def writes(self) -> int:
        """Writes at either."""
        return self.stripe_writes + self.monstock_writes


class Demo:
    """The steps of the demo, on one running sandbox."""

    def __init__(self, folder: Path, stripe_url: str, monstock_url: str) -> None:
        self.stripe_url = stripe_url
        self.monstock_url = monstock_url
        self.project = MeltanoProject(ROOT, folder, stripe_url, monstock_url)
        self.exceptions_file = folder / "exceptions.json"

    def transfer(self, job: str = TO_MONSTOCK, **settings: str) -> Traffic:
        """Run a Meltano job once; say what it asked for and how long it took.

        Args:
            job: its name.
            settings: environment variables, for this and later runs.

        Raises:
            DemoError: the run failed.
        """
        for url in (self.stripe_url, self.monstock_url):
            requests.post(f"{url}/_sandbox/counters/reset", timeout=10).raise_for_status()
        self.project.environment |= settings
        given = "".join(f"{name}={value} " for name, value in settings.items())
        console.print(f"[bold]$ {given}meltano run {job}[/bold]")
        started = time.monotonic()
        ended = self.project.run("run", job)
        if ended.status:
            raise DemoError(f"meltano run failed (exit status {ended.status}):\n{ended.stderr}")
        show_warnings(ended)
        traffic = self.traffic()
        console.print(
            f"Done in {time.monotonic() - started:.0f} s: "
            f"[bold]{traffic.stripe_reads}[/bold] reads and "
            f"[bold]{traffic.stripe_writes}[/bold] writes at Stripe, "
            f"[bold]{traffic.monstock_reads}[/bold] reads and "
            f"[bold]{traffic.monstock_writes}[/bold] writes at Monstock.\n"
        )
        return traffic

    def traffic(self) -> Traffic:
        """Return what was asked of both systems since the counters were last reset."""
        stripe, monstock = (
            requests.get(f"{url}/_sandbox/counters", timeout=10).json()
            for url in (self.stripe_url, self.monstock_url)
        )
        return Traffic(_reads(stripe), stripe["writes"], _reads(monstock), monstock["writes"])

    def sandbox(self, *command: str) -> None:
        """Run one of the sandbox's commands and show what it says.

        Raises:
            DemoError: it failed (`check` fails where it finds a difference).
        """
        shown = " ".join(Path(word).name if "/" in word else word for word in command)
        console.print(f"[bold]$ sandbox {shown}[/bold]")
        sys.stdout.flush()
        done = subprocess.run(  # noqa: S603 - our own command
            [executable("sandbox"), *command], check=False, env=self.project.environment
        )
        if done.returncode:
            raise DemoError(f"sandbox {shown}: exit status {done.returncode}")
        console.print()

    def record_order(self, article: str, total: str, customer: str) -> str:
        """Record an order in Monstock, as staff do; return its id."""
        known = set(self._orders())
        email = f"{customer.split()[0].lower()}@example.com"
        self.sandbox("order", article, total, "EUR", f"--customer={customer}", f"--email={email}")
        (made,) = set(self._orders()) - known
        return made

    def show_orders(self, *order_ids: str) -> None:
        """Show how some orders stand, and where each can be paid."""
        table = Table(box=None, header_style="bold", pad_edge=False)
        for column in ("Order", "Article", "Total", "Status", "Can be paid at"):
            table.add_column(column, no_wrap=True)
        for one in (self._orders()[order_id] for order_id in order_ids):
            status = str(one["payment_status"]).replace("_", " ")
            total = f"{to_decimal_text(one['total_amount'], one['currency'])} {one['currency']}"
            article = one["lines"][0]["description"]
            table.add_row(one["number"], article, total, status, one["payment_url"] or "")
        console.print(table)
        console.print()

    def payment_url(self, order_id: str) -> str:
        """Return where the customer can pay an order.

        Raises:
            DemoError: nowhere, as far as Monstock knows.
        """
        url = self._orders()[order_id]["payment_url"]
        if not url:
            raise DemoError(f"Monstock does not know where order {order_id} can be paid")
        return str(url)

    def must_be_paid(self, *order_ids: str) -> None:
        """Look whether orders are paid.

        Raises:
            DemoError: one of them is not.
        """
        for order_id in order_ids:
            if (status := self._orders()[order_id]["payment_status"]) != "paid":
                raise DemoError(f"order {order_id} is {status}; it must be paid")

    def _orders(self) -> dict[str, dict[str, Any]]:
        shown = requests.get(f"{self.monstock_url}/_sandbox/orders", timeout=10).json()
        return {one["id"]: one for one in shown}

    def at_stripe(self, path: str, **form: str) -> dict[str, Any]:
        """Ask Stripe's API as a shop or the Dashboard would: a change if there is a form."""
        url, auth = f"{self.stripe_url}/v1/{path}", (STRIPE_KEY, "")
        method = "POST" if form else "GET"
        answer = requests.request(method, url, data=form, auth=auth, timeout=10)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def exceptions(self) -> None:
        """Show what waits for a person, and why; keep it for `sandbox check`.

        Raises:
            DemoError: the list could not be had.
        """
        console.print("[bold]$ meltano invoke target-monstock:exceptions[/bold]")
        command = ("invoke", "target-monstock:exceptions", "--format=json")
        ended = self.project.run("--log-level=error", *command)
        if ended.status:
            raise DemoError(f"the exceptions could not be listed:\n{ended.stderr}")
        self.exceptions_file.write_text(ended.stderr)
        show_exceptions(json.loads(ended.stderr))


def _reads(counted: dict[str, Any]) -> int:
    return sum(
        count["requests"]
        for endpoint, count in counted["endpoints"].items()
        if endpoint.startswith("GET ")
    )


def show_exceptions(waiting: list[dict[str, Any]]) -> None:
    """Print the exceptions, those of one kind together under what to do about them."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for column in ("order", "amount", "message"):
        table.add_column(column, no_wrap=column != "message")
    kinds: dict[str, list[dict[str, Any]]] = {}
    for one in waiting:
        kinds.setdefault(one["kind"], []).append(one)
    for kind, found in kinds.items():
        table.add_row(Text(kind.replace("_", " "), style="bold"), "", found[0]["next_step"])
        for one in found:
            amount = f"{one['amount']} {one['currency']}" if one["amount"] else ""
            table.add_row(
                f"  {one['order'] or one['payment']}", amount, Text(one["message"], style="dim")
            )
    console.print(table)
    console.print()


def show_warnings(ended: Ended) -> None:
    """Print what the plugins warned of; Meltano's own remarks (no state yet) are left out."""
    for line in ended.stderr.splitlines():
        said = line[line.find("[") :]
        if said.startswith(("[error", "[critical")) or (
            said.startswith("[warning") and "] meltano " not in said
        ):
            console.print(f"  {said}", markup=False)


@contextmanager
def served_sandbox(folder: Path) -> Iterator[tuple[str, str]]:
    """Start both stand-ins on free ports; yield their addresses; end them whatever happens.

    Raises:
        DemoError: they did not start.
    """
    ready = folder / "addresses.env"
    command = [executable("sandbox"), "serve", "--stripe-port", "0", "--monstock-port", "0"]
    with (folder / "sandbox.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--ready-file", str(ready)], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                said = (folder / "sandbox.log").read_text()
                raise DemoError(f"the sandbox did not start:\n{said}")
            time.sleep(0.05)
        addresses = dict(line.split("=", 1) for line in ready.read_text().splitlines())
        yield addresses["SANDBOX_STRIPE_URL"], addresses["SANDBOX_MONSTOCK_URL"]
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        process.kill()
        process.wait()


def heading(text: str) -> None:
    """Announce a step."""
    console.print(Panel(text, expand=True))


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
        play_the_way_back(demo)


def play_the_way_back(demo: Demo) -> None:
    """Make orders known to Stripe, and have those without a payment collected.

    Raises:
        DemoError: a step failed.
    """
    heading(
        "[bold]5. The way back.[/bold] At Stripe, each payment is told its order: number, status, "
        "and by which rule it was linked."
    )
    demo.transfer(TO_STRIPE)
    heading(
        "[bold]6. Orders without a payment.[/bold] Two orders are recorded; one is to be paid by "
        "invoice, one by a payment link.\nA third was paid at Stripe by a payment that names no "
        "order."
    )
    table = demo.record_order("Oak table", "1290.00", "Ada Lovelace")
    chair = demo.record_order("Chair", "49.00", "Grace Hopper")
    payment = str(demo.at_stripe("payment_intents", amount="4900", currency="eur")["id"])
    demo.sandbox("pay", payment)
    demo.transfer(BOTH, TARGET_STRIPE_ORDER_AS="invoice")
    lamp = demo.record_order("Lamp", "89.00", "Alan Turing")
    demo.transfer(BOTH, TARGET_STRIPE_ORDER_AS="payment_link")
    demo.transfer(TO_MONSTOCK)
    demo.show_orders(table, lamp, chair)
    heading(
        "[bold]7. They are paid.[/bold] Both customers pay at Stripe. A person reads what the "
        "third payment was for,\nand types the order's id into Stripe's Dashboard."
    )
    demo.sandbox("pay", demo.payment_url(table))
    demo.sandbox("pay", demo.payment_url(lamp))
    demo.at_stripe(f"payment_intents/{payment}", **{"metadata[monstock_order_id]": chair})
    demo.transfer(BOTH)
    demo.show_orders(table, lamp, chair)
    demo.must_be_paid(table, lamp, chair)
    metadata = demo.at_stripe(f"payment_intents/{payment}")["metadata"]
    console.print("The third payment says of itself from now on:")
    for key, value in sorted(metadata.items()):
        console.print(f"  {key}: {value}", markup=False)
    console.print()
    heading("[bold]8. Both are silent.[/bold] One more run in both directions must write nothing.")
    demo.transfer(BOTH)
    last = demo.transfer(BOTH)
    if last.writes:
        raise DemoError(f"the last run wrote {last.writes} times; it must not")
    console.print("[bold green]0 writes at Stripe, 0 writes at Monstock: both agree.[/]")


def main() -> int:
    """Play the demo in a temporary folder; the exit status is 0 only if all of it went well."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` ends the sandbox
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="monstock-stripe-demo-") as folder:
        try:
            play(Path(folder))
        except DemoError as error:
            console.print(f"The demo failed: {error}", style="bold red", markup=False)
            return 1
        except KeyboardInterrupt:
            console.print("\nStopped.")
            return 130
    console.print(f"The demo took {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
