"""From Monstock to Stripe: payments are told their orders, and unpaid orders are collected."""

from __future__ import annotations

from dataclasses import dataclass

from demo.shown import console, heading
from demo.steps import BOTH, TO_MONSTOCK, TO_STRIPE, Demo


@dataclass(frozen=True, slots=True)
class Sold:
    """Monstock's ids of the orders that were recorded; the first three are paid."""

    table: str
    chair: str
    lamp: str
    bench: str
    stool: str


def play_the_way_back(demo: Demo) -> Sold:
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
        "[bold]6. Orders without a payment.[/bold] Five orders are recorded: one is to be paid by "
        "invoice, three by payment links. The fifth was paid at Stripe by a payment that names no "
        "order."
    )
    table = demo.record_order("Oak table", "1290.00", "Ada Lovelace")
    chair = demo.record_order("Chair", "49.00", "Grace Hopper")
    payment = demo.pay_at_stripe(4900)
    demo.transfer(BOTH, TARGET_STRIPE_ORDER_AS="invoice")
    lamp = demo.record_order("Lamp", "89.00", "Alan Turing")
    bench = demo.record_order("Garden bench", "215.00", "Mary Jackson")
    stool = demo.record_order("Stool", "59.00", "Emmy Noether")
    demo.transfer(BOTH, TARGET_STRIPE_ORDER_AS="payment_link")
    demo.transfer(TO_MONSTOCK)
    demo.show_orders(table, chair, lamp, bench, stool)
    heading(
        "[bold]7. They are paid.[/bold] The customers of the table and of the lamp pay at Stripe. "
        "A person reads what the other payment was for, and types the chair's order id into "
        "Stripe's Dashboard."
    )
    demo.sandbox("pay", demo.payment_url(table))
    demo.sandbox("pay", demo.payment_url(lamp))
    demo.at_stripe(f"payment_intents/{payment}", **{"metadata[monstock_order_id]": chair})
    demo.transfer(BOTH)
    demo.show_orders(table, chair, lamp)
    demo.must_be_paid(table, chair, lamp)
    invoice = demo.payment_url(chair).rsplit("/", 1)[-1]
    status = demo.at_stripe(f"invoices/{invoice}")["status"]
    console.print(f"The chair's invoice is {status} by now; the next run clears its address.\n")
    metadata = demo.at_stripe(f"payment_intents/{payment}")["metadata"]
    console.print("The chair's payment says of itself from now on:")
    for key, value in sorted(metadata.items()):
        console.print(f"  {key}: {value}", markup=False)
    console.print()
    return Sold(table, chair, lamp, bench, stool)
