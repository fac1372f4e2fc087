"""What the page says first: the verdict, the trend, and the sums with their pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from babel.lists import format_list
from markupsafe import Markup

from monstock_stripe_reconcile.at_stake import Answer, answer
from monstock_stripe_reconcile.report.charts import Bar, Words, bars, line, waterfall
from monstock_stripe_reconcile.report.reader import Reader
from monstock_stripe_reconcile.report.reading import Record
from monstock_stripe_reconcile.report.translating import N_
from monstock_stripe_reconcile.report.words import word

MOST_PICTURES = 4
"""Currencies that get a picture of their own; the tables hold all."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first line of the page.

    Attributes:
        tone: agrees, look (something, yet nothing that fails), wrong or nothing (to compare).
    """

    tone: str
    text: str


def verdict(
    reader: Reader, run: Record, concerned: Record, stake: list[tuple[Any, ...]]
) -> Verdict:
    """Say in one line whether both systems agree.

    Args:
        reader: whom to say it to.
        run: of the results.
        concerned: numbers of orders, payments without an order, payouts and records to look at.
        stake: currency and amount of what is at stake.
    """
    found = answer(run)
    if found is Answer.NOTHING:
        return Verdict("nothing", reader.text(N_("There was nothing to compare.")))
    if found is Answer.AGREES:
        return Verdict("agrees", reader.text(N_("Everything agrees.")))
    count = reader.count
    named = (
        (concerned["orders"], count("{number} order", "{number} orders", concerned["orders"])),
        (
            concerned["payments"],
            count(
                "{number} payment without an order",
                "{number} payments without an order",
                concerned["payments"],
            ),
        ),
        (concerned["payouts"], count("{number} payout", "{number} payouts", concerned["payouts"])),
        (concerned["records"], count("{number} record", "{number} records", concerned["records"])),
    )
    what = _listed(reader, [text for number, text in named if number])
    tone = "wrong" if run["exit_status"] else "look"
    if not stake:
        return Verdict(tone, reader.text(N_("{what} to look at."), what=what))
    amounts = _listed(reader, [reader.amount(amount, currency) for currency, amount in stake])
    said = reader.text(N_("{what} to look at: {amounts}."), what=what, amounts=amounts)
    return Verdict(tone, said)


def trend(reader: Reader, history: list[Record]) -> str:
    """Say whether there is more to look at than in the run before; nothing for a first run."""
    if len(history) < 2:
        return ""
    before, now = history[-2], history[-1]
    more = now["findings"] - before["findings"]
    day = reader.moment(before["as_of"])
    if more == 0:
        return reader.text(N_("As many as in the run before, of {day}."), day=day)
    if more > 0:
        return reader.count(
            "{number} finding more than in the run before, of {day}.",
            "{number} findings more than in the run before, of {day}.",
            more,
            day=day,
        )
    return reader.count(
        "{number} finding fewer than in the run before, of {day}.",
        "{number} findings fewer than in the run before, of {day}.",
        -more,
        day=day,
    )


def ageing_pictures(reader: Reader, buckets: list[Record]) -> list[Markup]:
    """Draw for each currency what orders wait for, by age."""
    found = []
    for currency in _currencies(buckets)[:MOST_PICTURES]:
        given = [
            Bar(
                word(reader, "bucket", one["bucket"]),
                one["amount"],
                reader.amount(one["amount"], currency),
            )
            for one in buckets
            if one["currency"] == currency
        ]
        title = reader.text(N_("What orders wait for, by age, in {currency}"), currency=currency)
        found.append(bars(f"ageing-{currency}", Words(title, _said(given)), given))
    return found


def way_pictures(reader: Reader, ways: list[Record]) -> list[Markup]:
    """Draw for each currency how sales become what is paid out."""
    found = []
    for way in ways[:MOST_PICTURES]:
        currency = way["currency"]
        steps = (
            ("gross", N_("Sales")),
            ("refunds", N_("Refunds")),
            ("disputes", N_("Disputes")),
            ("fees", N_("Fees")),
            ("other", N_("Other")),
            ("net", N_("Net")),
        )
        given = [
            Bar(reader.text(label), way[key], reader.amount(way[key], currency))
            for key, label in steps
            if way[key] or key in ("gross", "net")
        ]
        title = reader.text(N_("From sales to net, in {currency}"), currency=currency)
        found.append(waterfall(f"way-{currency}", Words(title, _said(given)), given))
    return found


def history_picture(reader: Reader, history: list[Record]) -> Markup | None:
    """Draw how many findings each run had; nothing for a first run."""
    if len(history) < 2:
        return None
    given = [
        Bar(reader.date_text(one["as_of"]), one["findings"], reader.number(one["findings"]))
        for one in history
    ]
    title = reader.text(N_("Findings in each run"))
    return line("history", Words(title, _said([given[0], given[-1]])), given)


def _said(given: list[Bar]) -> str:
    return "; ".join(f"{bar.label}: {bar.written}" for bar in given)


def _currencies(records: list[Record]) -> list[str]:
    return list(dict.fromkeys(one["currency"] for one in records))


def _listed(reader: Reader, texts: list[str]) -> str:
    return format_list(texts, locale=reader.locale)
