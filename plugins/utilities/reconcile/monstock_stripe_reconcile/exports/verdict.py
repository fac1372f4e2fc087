"""The verdict in words, for the terminal and the workbook."""

from __future__ import annotations

from decimal import Decimal

from monstock_stripe_core.money import to_decimal_text

from monstock_stripe_reconcile.exports.summary import Summary, Verdict


def money_text(amount: int, currency: str) -> str:
    """Minor units for a reader: 123450 EUR → "1,234.50 EUR"."""
    return f"{Decimal(to_decimal_text(amount, currency)):,} {currency}"


def verdict_text(verdict: Verdict) -> str:
    """The answer in one line: "Everything agrees" or "7 orders, 412.50 EUR to look at"."""
    if verdict.agrees:
        return "Everything agrees"
    parts = [
        _counted(verdict.orders, "order"),
        _counted(verdict.payments, "payment without an order", "payments without an order"),
        _counted(verdict.others, "payout or record", "payouts or records"),
        *(money_text(one.amount, one.currency) for one in verdict.amounts),
    ]
    return f"{', '.join(part for part in parts if part)} to look at"


def scope_text(summary: Summary) -> str:
    """What was compared, and when it was read."""
    run = summary.run
    parts = [
        f"{run['orders']:,} orders and {run['payments']:,} payments",
        f"judged {_minute(run['as_of'])}",
        f"Stripe read {_minute(run['stripe_until'])}",
        f"Monstock changed {_minute(run['monstock_until'])}",
    ]
    if run["restricted_to"]:
        named = ", ".join(f"--{name} {value}" for name, value in run["restricted_to"].items())
        parts.append(f"only {named}")
    return "; ".join(parts)


def trend_text(verdict: Verdict) -> str:
    """How the number of findings moved since the run before; empty where there is none."""
    if verdict.before is None:
        return ""
    step = verdict.findings - verdict.before
    if step == 0:
        return f"{verdict.findings:,} findings, as many as the run before"
    word = "more" if step > 0 else "fewer"
    return f"{verdict.findings:,} findings, {abs(step):,} {word} than the run before"


def _counted(number: int, one: str, several: str = "") -> str:
    if not number:
        return ""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def _minute(moment: str | None) -> str:
    return "never" if moment is None else f"{moment[:16].replace('T', ' ')} UTC"
