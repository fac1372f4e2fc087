"""The verdict in words, for the terminal and the workbook."""

from __future__ import annotations

from decimal import Decimal

from monstock_stripe_core.money import to_decimal_text

from monstock_stripe_reconcile.at_stake import Answer, answer
from monstock_stripe_reconcile.exports.summary import Summary, Verdict


def money_text(amount: int, currency: str) -> str:
    """Minor units for a reader: 123450 EUR → "1,234.50 EUR"."""
    return f"{Decimal(to_decimal_text(amount, currency)):,} {currency}"


def verdict_text(summary: Summary) -> str:
    """The answer in one line: "Everything agrees" or "7 orders, 412.50 EUR to look at"."""
    verdict, found = summary.verdict, answer(summary.run)
    if found is Answer.NOTHING:
        return "There was nothing to compare"
    if found is Answer.AGREES:
        return "Everything agrees"
    parts = [
        _counted(number, one, several)
        for number, one, several in (
            (verdict.orders, "order", "orders"),
            (verdict.payments, "payment without an order", "payments without an order"),
            (verdict.payouts, "payout", "payouts"),
            (verdict.records, "record", "records"),
        )
        if number
    ]
    parts += [money_text(one.amount, one.currency) for one in verdict.amounts]
    return f"{', '.join(parts)} to look at"


def scope_lines(summary: Summary) -> list[str]:
    """What was compared, how old it is, and what alone was asked for."""
    run = summary.run
    lines = [
        f"{_counted(run['orders'], 'order')} and {_counted(run['payments'], 'payment')}, "
        f"judged {_minute(run['as_of'])}",
        f"Stripe until {_minute(run['stripe_until'])}, Monstock until "
        f"{_minute(run['monstock_until'])}",
    ]
    if run["restricted_to"]:
        named = ", ".join(f"--{name} {value}" for name, value in run["restricted_to"].items())
        lines.append(f"Only {named}")
    return lines


def trend_text(verdict: Verdict) -> str:
    """How the number of findings moved since the run before; empty where there is none."""
    if verdict.before is None:
        return ""
    findings = _counted(verdict.findings, "finding")
    step = verdict.findings - verdict.before
    if step == 0:
        return f"{findings}, as many as the run before"
    word = "more" if step > 0 else "fewer"
    return f"{findings}, {abs(step):,} {word} than the run before"


def _counted(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def _minute(moment: str | None) -> str:
    return "never" if moment is None else f"{moment[:16].replace('T', ' ')} UTC"
