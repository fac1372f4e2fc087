"""The steps that the demo is made of, on one running sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.paying import PayingError, pay
from monstock_stripe_sandbox.pipeline import MONSTOCK_TOKEN, STRIPE_KEY, executable

from demo.shown import DemoError, console, show_exceptions, show_orders, show_warnings

ROOT = Path(__file__).resolve().parents[2]
LOADER = ROOT / ".meltano" / "loaders" / "target-duckdb"
TO_MONSTOCK, TO_STRIPE, BOTH = "stripe-to-monstock", "monstock-to-stripe", "sync"


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
    """The steps of the demo, on one running sandbox.

    Args:
        folder: receives all that they keep; the one plugin of others is taken from the project.

    Raises:
        DemoError: that plugin is not installed.
    """

    def __init__(self, folder: Path, stripe_url: str, monstock_url: str) -> None:
        self.stripe_url = stripe_url
        self.monstock_url = monstock_url
        self.project = MeltanoProject(ROOT, folder, stripe_url, monstock_url)
        self.exceptions_file = folder / "exceptions.json"
        if not LOADER.is_dir():
            raise DemoError("target-duckdb is not installed: start the demo by `make demo`")
        plugins = folder / "meltano" / "loaders"
        plugins.parent.mkdir()
        plugins.symlink_to(LOADER.parent)

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
        self.command("sandbox", *command)

    def command(self, program: str, *arguments: str) -> None:
        """Run one of our commands and show what it says.

        Raises:
            DemoError: it failed.
        """
        console.print(f"[bold]$ {program} {_spelled(arguments)}[/bold]")
        sys.stdout.flush()
        done = subprocess.run(  # noqa: S603 - our own command
            [executable(program), *arguments],
            check=False,
            cwd=ROOT,
            env=self.project.environment,
        )
        if done.returncode:
            raise DemoError(f"{program} {_spelled(arguments)}: exit status {done.returncode}")
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
        known = self._orders()
        show_orders(known[order_id] for order_id in order_ids)

    def order(self, order_id: str) -> dict[str, Any]:
        """Return an order as Monstock has it; amounts are in minor units."""
        return self._orders()[order_id]

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

    def pay_at_stripe(self, amount: int, currency: str = "eur", **metadata: str) -> str:
        """Let a customer pay so many cents by a payment of its own; return its id.

        Raises:
            DemoError: it could not be paid.
        """
        form = {f"metadata[{key}]": value for key, value in metadata.items()}
        made = self.at_stripe("payment_intents", amount=str(amount), currency=currency, **form)
        try:
            return pay(self.stripe_url, str(made["id"])).payment
        except PayingError as error:
            raise DemoError(str(error)) from error

    def in_monstock(self, method: str, path: str, **fields: Any) -> None:
        """Change something of an order in Monstock, as staff do there."""
        requests.request(
            method,
            f"{self.monstock_url}/api/v1/orders/{path}",
            json=fields,
            headers={"Authorization": f"Bearer {MONSTOCK_TOKEN}"},
            timeout=10,
        ).raise_for_status()

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


def _spelled(arguments: tuple[str, ...]) -> str:
    """A command's arguments as they are shown: files of the demo's folder by their names alone."""
    return " ".join(Path(word).name if Path(word).is_absolute() else word for word in arguments)
