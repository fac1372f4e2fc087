"""The end of the demo: both sides compared, and a person's decision that mends a difference."""

from __future__ import annotations

from demo.planting import (
    Planted,
    cancelled_though_paid,
    changed_by_hand,
    paid_at_the_counter,
    paid_in_dollars,
    paid_twice,
)
from demo.reconciling import (
    Comparison,
    Finding,
    compare,
    line_to_copy,
    must_name,
    must_not_name,
    run_line,
    show_planted,
    write_report,
)
from demo.shown import DemoError, console, heading
from demo.steps import BOTH, TO_MONSTOCK, Demo
from demo.way_back import Sold


def play_the_proof(demo: Demo, sold: Sold) -> None:
    """Let happen what no program can put right, compare both sides, mend, compare again.

    Raises:
        DemoError: a step failed, or a comparison finds too little or too much.
    """
    heading(
        "[bold]8. Both are silent.[/bold] Meanwhile customers and staff do what no program can put "
        "right. One run in both directions does what it can; one more must write nothing."
    )
    at_counter = paid_at_the_counter(demo, sold.bench)
    planted = [
        at_counter,
        paid_twice(demo, sold.lamp),
        cancelled_though_paid(demo, sold.table),
        paid_in_dollars(demo, sold.stool),
    ]
    console.print()
    demo.transfer(BOTH)
    last = demo.transfer(BOTH)
    if last.writes:
        raise DemoError(f"the last run wrote {last.writes} times; it must not")
    console.print("[bold green]0 writes at Stripe, 0 writes at Monstock: both are silent.[/]")
    heading(
        "[bold]9. The proof.[/bold] Silence proves nothing. Both sides are loaded into a database "
        "and compared, order by order and to the cent.\nA difference of the last 30 minutes is "
        "usually left to the next run; here each counts at once."
    )
    by_hand = changed_by_hand(demo, sold.chair, 9400)
    planted.append(by_hand)
    console.print()
    before = compare(demo, RECONCILE_USUAL_LAG_MINUTES="0")
    demo.command("reconcile", "show")
    first = write_report(demo, "before")
    must_name(before, first, planted)
    console.print("What happened a moment ago, and what the report says of it:")
    show_planted(planted, before)
    heading(
        "[bold]10. A person decides.[/bold] A receipt says that the payment at the counter was for "
        "the bench. The report has the line to copy: ORDER and WHY are filled in."
    )
    payment = str(at_counter.payment)
    filled = {"ORDER": str(demo.order(sold.bench)["number"]), "WHY": "receipt of the counter"}
    link = line_to_copy(first, "exceptions link", payment)
    run_line(demo, [filled.get(word, word) for word in link])
    demo.transfer(TO_MONSTOCK)
    demo.must_be_paid(sold.bench)
    after = compare(demo)
    mended = [at_counter, by_hand]
    gone = must_be_without(before, after, mended)
    second = write_report(demo, "after")
    must_name(after, second, [one for one in planted if one not in mended])
    for finding in gone:
        must_not_name(second, finding)
    console.print("The same, and what the new report says of it:")
    show_planted(planted, after)
    console.print("Another line of the first report tells who decided, when and why:")
    run_line(demo, line_to_copy(first, "explain", payment))
    console.print(
        f"[bold green]{len(before.findings)} findings before, {len(after.findings)} after: one "
        "ended by the person's decision, one by the run, which put back what the clerk changed.[/]"
    )
    console.print(f"Both reports are kept, to be opened in a browser:\n  {first}\n  {second}")
    console.print("(The commands in them were for this demo's databases, which end with it.)")


def must_be_without(before: Comparison, after: Comparison, mended: list[Planted]) -> set[Finding]:
    """Return what is gone, which is what was mended and nothing else, while nothing came.

    Raises:
        DemoError: something else is gone, still there or new.
    """
    was, stays = set(before.findings), set(after.findings)
    expected = {found for one in mended if (found := before.of(one))}
    if was - stays != expected or stays - was:
        raise DemoError(
            f"after it was mended, these are gone: {was - stays}, rather than {expected}; "
            f"these are new: {stays - was}"
        )
    return expected
