"""The tables of a results database: what `reconcile` writes and every report reads.

Amounts are whole numbers of ISO minor units (cents) of the row's `currency`, moments are UTC
without a zone. `python -m monstock_stripe_reconcile.results_model` prints the README's tables.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 1
"""Of the model; it grows when a column changes its meaning or goes."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, DuckDB type and meaning."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what a row of it is, its columns."""

    name: str
    row: str
    columns: tuple[Column, ...]

    def ddl(self) -> str:
        """Return the statement that makes it."""
        columns = ", ".join(f'"{column.name}" {column.type}' for column in self.columns)
        return f"CREATE TABLE {self.name} ({columns})"


def _c(name: str, type_: str, meaning: str) -> Column:
    return Column(name, type_, meaning)


RUN = Table(
    "run",
    "The run that made this database; one row.",
    (
        _c("run_id", "VARCHAR", "Names the run; also in `history`."),
        _c("model_version", "INTEGER", "Version of these tables."),
        _c("as_of", "TIMESTAMP", "The moment at which everything is judged."),
        _c("finished_at", "TIMESTAMP", "When the comparison was done."),
        _c("source", "VARCHAR", "The warehouse, without a password."),
        _c("ledger", "BOOLEAN", "Whether people's decisions were read from a ledger."),
        _c("stripe_until", "TIMESTAMP", "When the newest payment was read from Stripe."),
        _c("monstock_until", "TIMESTAMP", "When the newest order last changed in Monstock."),
        _c("orders", "BIGINT", "Orders compared."),
        _c("payments", "BIGINT", "Payments compared."),
        _c("balance_transactions", "BIGINT", "Balance transactions read."),
        _c("payouts", "BIGINT", "Payouts read."),
        _c("findings", "BIGINT", "Findings that count."),
        _c("agrees", "BOOLEAN", "Whether there is none that counts."),
        _c("exit_status", "INTEGER", "0 or 1; see README, Exit status."),
        _c("restricted_to", "VARCHAR", "JSON of `--since`, `--order`, `--payout`; {} for all."),
        _c("settings", "VARCHAR", "JSON of the settings that decided, without secrets."),
    ),
)

ORDERS = Table(
    "orders",
    "One order of Monstock, quotes and deleted orders left out.",
    (
        _c("order_id", "VARCHAR", "Monstock's id."),
        _c("number", "VARCHAR", "The number that people know it by."),
        _c("state", "VARCHAR", "draft, validated, shipped or cancelled."),
        _c("currency", "VARCHAR", "ISO 4217 code of the amounts."),
        _c("total", "BIGINT", "What the order costs, with taxes."),
        _c("outside", "BIGINT", "Paid outside Stripe, as staff recorded it by hand."),
        _c("captured", "BIGINT", "What Stripe took for it."),
        _c("refunded", "BIGINT", "What Stripe gave back of it."),
        _c("disputed", "BIGINT", "What open disputes hold back."),
        _c("dispute_lost", "BIGINT", "What lost disputes took."),
        _c("authorized", "BIGINT", "What can still be captured."),
        _c("net", "BIGINT", "outside + captured - refunded - dispute_lost."),
        _c("due", "BIGINT", "total - net; negative where too much came."),
        _c("status", "VARCHAR", "The payment status that follows."),
        _c("shown_status", "VARCHAR", "The payment status that Monstock shows; null: none."),
        _c("shown_net", "BIGINT", "What Monstock's rows come to."),
        _c("shown_due", "BIGINT", "The amount due that Monstock shows; null: none."),
        _c("difference", "BIGINT", "shown_net - net."),
        _c("reasons", "VARCHAR[]", "Keys of its findings that count, most urgent first."),
        _c("findings", "INTEGER", "How many of them; 0: it agrees."),
        _c("tolerated", "INTEGER", "Findings that do not count (small, young, dismissed)."),
        _c("created_at", "TIMESTAMP", "When it was made, else when it last changed."),
        _c("updated_at", "TIMESTAMP", "When it last changed in Monstock."),
        _c("age_days", "INTEGER", "Whole days since `created_at`."),
        _c("awaited", "BIGINT", "What it still waits for; null: for nothing."),
        _c("age_bucket", "VARCHAR", "Of `ageing`, where it waits; else null."),
        _c("payments", "INTEGER", "How many payments are linked to it."),
        _c("link_rules", "VARCHAR[]", "What linked them, most trusted first, each once."),
        _c("released", "BOOLEAN", "Whether logistics may ship it."),
        _c("release_reason", "VARCHAR", "Why or why not; key of `release_reasons`."),
        _c("customer_id", "VARCHAR", "Monstock's id of the customer; no other personal data."),
    ),
)

FINDINGS = Table(
    "findings",
    "One thing to look at.",
    (
        _c("finding_id", "VARCHAR", "The same in each run as long as it is the same thing."),
        _c("reason", "VARCHAR", "Key of `reasons`."),
        _c("counts", "BOOLEAN", "Whether it counts; false: see `tolerated`."),
        _c(
            "tolerated",
            "VARCHAR",
            "Why it does not count: amount (within the tolerance), timing (inside the usual lag), "
            "dismissed (a person said so); null where it counts.",
        ),
        _c("fails", "BOOLEAN", "Whether it makes the exit status 1."),
        _c("order_id", "VARCHAR", "The order, where one is concerned."),
        _c("order_number", "VARCHAR", "Its number."),
        _c("transaction_reference", "VARCHAR", "The payment, where one is concerned."),
        _c("row_id", "VARCHAR", "The row of the order in Monstock, where one is concerned."),
        _c("payout_id", "VARCHAR", "The payout, where one is concerned."),
        _c("amount", "BIGINT", "What is at stake; 0 where no money is. Never negative."),
        _c("currency", "VARCHAR", "Of `amount`; null where a record is unreadable."),
        _c("since", "TIMESTAMP", "Since when it can be so: the newest fact behind it."),
        _c("age_days", "INTEGER", "Whole days since then."),
        _c(
            "facts",
            "VARCHAR",
            "JSON object for a sentence about it. Integers are amounts in minor units: shown, "
            "right, shown_due, right_due, captured, refunded. Texts: shown_status, right_status, "
            "order_currency, row_currency, first (the other payment of a duplicate), payment "
            "(elsewhere, not_linked, unknown, not_attempted: why a row's payment does not count), "
            "elsewhere (order number), named (what a payment says of its order), message (why a "
            "record is unreadable). Lists: candidates (order numbers). true: inquiry, "
            "cash_balance, part, own_rows (both rows are by our method).",
        ),
    ),
)

REASONS = Table(
    "reasons",
    "One reason of the closed list, most urgent first; those without findings, too.",
    (
        _c("reason", "VARCHAR", "The key."),
        _c("position", "INTEGER", "From 1, the most urgent."),
        _c("meaning", "VARCHAR", "One sentence, in English."),
        _c("next_step", "VARCHAR", "What to do, in English."),
        _c("fails", "BOOLEAN", "Whether it is in the setting `fail_on`."),
        _c("findings", "BIGINT", "How many count."),
        _c("tolerated", "BIGINT", "How many do not."),
    ),
)

REASON_AMOUNTS = Table(
    "reason_amounts",
    "What the findings of one reason that count come to in one currency.",
    (
        _c("reason", "VARCHAR", "Key of `reasons`."),
        _c("currency", "VARCHAR", "ISO 4217 code."),
        _c("findings", "BIGINT", "How many."),
        _c("orders", "BIGINT", "How many orders they concern."),
        _c("amount", "BIGINT", "Sum of their amounts."),
    ),
)

RELEASE_REASONS = Table(
    "release_reasons",
    "One reason to ship or to hold, those without orders, too.",
    (
        _c("release_reason", "VARCHAR", "The key."),
        _c("meaning", "VARCHAR", "One sentence, in English."),
        _c("orders", "BIGINT", "How many orders."),
        _c("released", "BOOLEAN", "Whether it releases."),
    ),
)

PAYMENTS = Table(
    "payments",
    "One payment: a PaymentIntent, a Charge without one, or an invoice that was settled otherwise.",
    (
        _c("transaction_reference", "VARCHAR", "Its id, behind `account/` if connected."),
        _c("charge_id", "VARCHAR", "Its newest Charge."),
        _c("account_id", "VARCHAR", "The connected account; null: our own."),
        _c("livemode", "BOOLEAN", "False for a test payment."),
        _c("created_at", "TIMESTAMP", "When it was begun."),
        _c("captured_at", "TIMESTAMP", "When the money was taken."),
        _c("changed_at", "TIMESTAMP", "The newest fact: made, captured, refunded or disputed."),
        _c("status", "VARCHAR", "not_attempted, pending, authorized, succeeded, failed, canceled."),
        _c("currency", "VARCHAR", "ISO 4217 code of the amounts but fee and net_of_fee."),
        _c("amount", "BIGINT", "What was asked."),
        _c("captured", "BIGINT", "What was taken."),
        _c("refunded", "BIGINT", "What went back, pending refunds included."),
        _c("refund_pending", "BIGINT", "The part of it that is not through yet."),
        _c("refund_failed", "BIGINT", "Owed to the customer."),
        _c("disputed", "BIGINT", "What open disputes hold back."),
        _c("dispute_lost", "BIGINT", "What lost disputes took."),
        _c("authorized", "BIGINT", "What can still be captured."),
        _c("kept", "BIGINT", "captured - refunded - dispute_lost."),
        _c("fee", "BIGINT", "Stripe's fee on the charge, in fee_currency; null: not known yet."),
        _c("net_of_fee", "BIGINT", "What the charge left after it, in fee_currency."),
        _c("fee_currency", "VARCHAR", "Currency of the balance."),
        _c("method", "VARCHAR", "card, sepa_debit, …"),
        _c(
            "link_state",
            "VARCHAR",
            "linked, waiting, ambiguous, unlinked, not_ours, out_of_scope, wrong_mode, "
            "before_cutover.",
        ),
        _c("link_rule", "VARCHAR", "What made the link: decision, metadata, …, monstock."),
        _c("orders", "INTEGER", "How many orders it pays; see `links`."),
    ),
)

LINKS = Table(
    "links",
    "What one payment is on one order, and the order's row of it.",
    (
        _c("order_id", "VARCHAR", "The order."),
        _c("transaction_reference", "VARCHAR", "The payment."),
        _c("link_rule", "VARCHAR", "What made the link."),
        _c("currency", "VARCHAR", "Of the payment's part."),
        _c("captured", "BIGINT", "This order's part of what was taken."),
        _c("refunded", "BIGINT", "Of what went back."),
        _c("disputed", "BIGINT", "Of what open disputes hold back."),
        _c("dispute_lost", "BIGINT", "Of what lost disputes took."),
        _c("row_id", "VARCHAR", "Monstock's row by that reference; null: there is none."),
        _c("row_amount", "BIGINT", "What the row shows as taken."),
        _c("row_refunded", "BIGINT", "As gone back."),
        _c("row_dispute_lost", "BIGINT", "As lost."),
        _c("row_status", "VARCHAR", "The row's status."),
    ),
)

BALANCE_TRANSACTIONS = Table(
    "balance_transactions",
    "One movement of the Stripe balance.",
    (
        _c("balance_transaction_id", "VARCHAR", "Stripe's id."),
        _c("account_id", "VARCHAR", "The connected account; null: our own."),
        _c("kind", "VARCHAR", "gross, refunds, disputes, fees, other or payout."),
        _c("type", "VARCHAR", "Stripe's type."),
        _c("reporting_category", "VARCHAR", "Stripe's reporting category."),
        _c("source_id", "VARCHAR", "Charge, refund, dispute, payout … behind it."),
        _c("transaction_reference", "VARCHAR", "The payment behind it, where there is one."),
        _c("payout_id", "VARCHAR", "The payout that contains it; null: none yet, or not known."),
        _c("created_at", "TIMESTAMP", "When it was made."),
        _c("available_on", "TIMESTAMP", "When the money is available."),
        _c("currency", "VARCHAR", "Of the balance."),
        _c("amount", "BIGINT", "Before its fee; negative where money goes."),
        _c("fee", "BIGINT", "Its fee; positive where money goes."),
        _c("net", "BIGINT", "amount - fee."),
    ),
)

PAYOUTS = Table(
    "payouts",
    "One payout from the balance to the bank (negative: from the bank to the balance).",
    (
        _c("payout_id", "VARCHAR", "Stripe's id."),
        _c("account_id", "VARCHAR", "The connected account; null: our own."),
        _c("currency", "VARCHAR", "ISO 4217 code."),
        _c("amount", "BIGINT", "What Stripe says that it pays out."),
        _c("status", "VARCHAR", "paid, pending, in_transit, canceled or failed."),
        _c("automatic", "BOOLEAN", "False: made by hand; Stripe does not itemise it."),
        _c(
            "itemised",
            "VARCHAR",
            "yes; manual (Stripe does not itemise it); waiting (Stripe has not finished); "
            "not_loaded (its transactions are not in the warehouse).",
        ),
        _c("created_at", "TIMESTAMP", "When it was made."),
        _c("arrival_date", "DATE", "When it reaches the bank."),
        _c("transactions", "BIGINT", "How many balance transactions it holds."),
        _c("gross", "BIGINT", "Sales in it."),
        _c("refunds", "BIGINT", "Refunds in it; negative."),
        _c("disputes", "BIGINT", "Disputes in it; negative where lost or held."),
        _c("fees", "BIGINT", "All fees in it; negative."),
        _c("other", "BIGINT", "Anything else in it: adjustments, transfers, failed payouts."),
        _c("net", "BIGINT", "Sum of them."),
        _c("difference", "BIGINT", "amount - net; null where it is not itemised."),
    ),
)

MONEY = Table(
    "money",
    "The way of the money: one day, currency and payout. Sum over what is not asked.",
    (
        _c("day", "DATE", "UTC day on which the movements were made."),
        _c("account_id", "VARCHAR", "The connected account; null: our own."),
        _c("currency", "VARCHAR", "Of the balance."),
        _c("payout_id", "VARCHAR", "The payout that contains them; null: none yet, or not known."),
        _c("transactions", "BIGINT", "How many balance transactions."),
        _c("gross", "BIGINT", "Sales."),
        _c("refunds", "BIGINT", "Refunds; negative."),
        _c("disputes", "BIGINT", "Disputes; negative where lost or held."),
        _c("fees", "BIGINT", "Fees of all of these, and fees of their own; negative."),
        _c("other", "BIGINT", "Anything else but payouts."),
        _c("net", "BIGINT", "gross + refunds + disputes + fees + other."),
    ),
)

AGEING = Table(
    "ageing",
    "Orders that wait for their money, by age; empty buckets, too.",
    (
        _c("currency", "VARCHAR", "ISO 4217 code."),
        _c("bucket", "VARCHAR", "Days: 0-1, 2-7, 8-14, 15-30, 30+."),
        _c("position", "INTEGER", "From 1, the youngest."),
        _c("orders", "BIGINT", "How many orders."),
        _c("amount", "BIGINT", "What they wait for."),
    ),
)

HISTORY = Table(
    "history",
    "One run, this one included, oldest first; kept from database to database.",
    (
        _c("run_id", "VARCHAR", "The run."),
        _c("as_of", "TIMESTAMP", "The moment at which it judged."),
        _c("restricted", "BOOLEAN", "Whether it looked at a part only; not to be compared."),
        _c("orders", "BIGINT", "Orders compared."),
        _c("payments", "BIGINT", "Payments compared."),
        _c("findings", "BIGINT", "Findings that counted."),
        _c("orders_with_findings", "BIGINT", "Orders that they concerned."),
        _c("agrees", "BOOLEAN", "Whether none counted."),
    ),
)

HISTORY_AMOUNTS = Table(
    "history_amounts",
    "What the findings of one reason came to in one currency in one run.",
    (
        _c("run_id", "VARCHAR", "Of `history`."),
        _c("reason", "VARCHAR", "Key of `reasons`."),
        _c("currency", "VARCHAR", "ISO 4217 code; null where no money is concerned."),
        _c("findings", "BIGINT", "How many counted."),
        _c("amount", "BIGINT", "Sum of their amounts."),
    ),
)

TABLES = (
    RUN,
    ORDERS,
    FINDINGS,
    REASONS,
    REASON_AMOUNTS,
    RELEASE_REASONS,
    PAYMENTS,
    LINKS,
    BALANCE_TRANSACTIONS,
    PAYOUTS,
    MONEY,
    AGEING,
    HISTORY,
    HISTORY_AMOUNTS,
)
"""All tables, in the order in which a reader wants them."""


def documentation() -> str:
    """Return the tables as the README shows them."""
    parts = []
    for table in TABLES:
        rows = "\n".join(f"| `{c.name}` | {c.type} | {c.meaning} |" for c in table.columns)
        head = f"#### `{table.name}`\n\n{table.row}\n\n| column | type | meaning |\n|---|---|---|"
        parts.append(f"{head}\n{rows}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(documentation(), end="")
