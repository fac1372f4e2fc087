"""What is made is made once: killed, cut off, refused, forgotten or edited in between."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from collecting import BUYER, LATER, LINES, bought, statuses, values
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox
from target_common.run import utc_now
from target_stripe.testing import TargetRunner, customer, order, row

MODES = ("payment_intent", "invoice", "payment_link")
OPEN = {"payment_intent": "requires_payment_method", "invoice": "open", "payment_link": True}
ORDER = bought(lines=LINES)


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


class KillingClock:
    """A clock that kills at its n-th reading; each step of the target reads it."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self) -> datetime:
        self.left -= 1
        if self.left == 0:
            raise Killed
        return utc_now()


def mode(target: TargetRunner, order_as: str) -> TargetRunner:
    target.config |= {"order_as": order_as}
    return target


def amounts(sandbox: RunningSandbox, kind: str) -> list[object]:
    """What those that are open ask for."""
    open_ones = [one for one, status in zip(values(sandbox, kind), statuses(sandbox, kind),
                                            strict=True) if status == OPEN[kind]]  # fmt: skip
    if kind == "payment_link":
        return [sandbox.stripe.link_lines(one["id"])[0].value["amount_total"] for one in open_ones]
    return [one["total" if kind == "invoice" else "amount"] for one in open_ones]


@pytest.mark.parametrize("step", range(2, 22, 3))
@pytest.mark.parametrize("order_as", MODES)
def test_killed_at_any_step_the_next_run_ends_as_one_clean_run(
    sandbox: RunningSandbox, target: TargetRunner, order_as: str, step: int
) -> None:
    mode(target, order_as)
    others = [order(f"ord_{number}", 5000 + number, customer_id="c1") for number in range(2, 5)]
    target.clock = KillingClock(step)
    with suppress(Killed):
        target.run([ORDER, *others], [BUYER])
    target.clock = utc_now

    assert target.run([ORDER, *others], [BUYER]).error is None

    assert sorted(amounts(sandbox, order_as), key=str) == [5002, 5003, 5004, 6600]
    assert len(values(sandbox, order_as)) == 4
    assert len(values(sandbox, "customer")) == (order_as == "invoice")
    assert target.run([ORDER, *others], [BUYER]).writes == 0
    assert target.exception_kinds() == []


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "half_json"])
@pytest.mark.parametrize("order_as", MODES)
def test_an_answer_that_never_came_is_asked_for_again_by_the_next_run(
    sandbox: RunningSandbox, target: TargetRunner, order_as: str, kind: str
) -> None:
    mode(target, order_as)
    target.run([], [BUYER], create_customers="all")
    sandbox.stripe_controls.set_faults(Fault(kind, method="POST"))
    broken = target.run([ORDER], max_attempts=1)
    assert broken.error is not None
    sandbox.stripe_controls.clear_faults()

    # Edited in between: the repeat makes what was intended, and then follows.
    changed = bought(7000, updated_at=LATER)
    assert target.run([changed]).error is None

    assert amounts(sandbox, order_as) == [7000]
    assert target.run([changed]).writes == 0


@pytest.mark.parametrize("order_as", MODES)
@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
def test_an_intention_whose_key_is_forgotten_is_looked_for(
    sandbox: RunningSandbox, target: TargetRunner, order_as: str, kind: str
) -> None:
    mode(target, order_as)
    target.run([], [BUYER], create_customers="all")
    sandbox.stripe_controls.set_faults(Fault(kind, method="POST"))
    target.run([ORDER], max_attempts=1)
    sandbox.stripe_controls.clear_faults()
    a_day_later(sandbox, target)

    assert target.run().error is None

    assert amounts(sandbox, order_as) == [6600]
    assert len(values(sandbox, order_as)) == 1


@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
def test_a_customer_whose_key_is_forgotten_is_looked_for(
    sandbox: RunningSandbox, target: TargetRunner, kind: str
) -> None:
    sandbox.stripe_controls.set_faults(Fault(kind, method="POST"))
    target.run((), [BUYER], create_customers="all", max_attempts=1)
    sandbox.stripe_controls.clear_faults()
    a_day_later(sandbox, target)

    changed = customer("c1", name="Anna", email="ann@example.com", updated_at=LATER)
    assert target.run((), [changed], create_customers="all").error is None

    assert [one["name"] for one in values(sandbox, "customer")] == ["Anna"]


@pytest.mark.parametrize("effect", [False, True])
@pytest.mark.parametrize("order_as", MODES)
def test_a_failure_that_stripe_keeps_is_looked_for_and_then_made_under_another_key(
    sandbox: RunningSandbox, target: TargetRunner, order_as: str, effect: bool
) -> None:
    mode(target, order_as)
    target.run([], [BUYER], create_customers="all")
    if effect:  # what Stripe made although it answered 500
        sandbox.stripe_controls.set_faults(Fault("cut_after", method="POST"))
        target.run([ORDER], max_attempts=1)
        sandbox.stripe_controls.clear_faults()
        forget_answers(sandbox)
    path = f"/v1/{order_as}s"
    sandbox.stripe_controls.set_faults(
        Fault("status", status=500, method="POST", path=path, times=1)
    )

    result = target.run([ORDER])

    assert result.error is None
    assert amounts(sandbox, order_as) == [6600]
    assert len(values(sandbox, order_as)) == 1


@pytest.mark.parametrize("order_as", MODES)
def test_a_lost_ledger_within_a_day_makes_nothing_twice_although_search_lags(
    sandbox: RunningSandbox, target: TargetRunner, order_as: str, tmp_path: object
) -> None:
    mode(target, order_as)
    sandbox.stripe.search_lag = 3600
    target.run([ORDER], [BUYER])
    changed = bought(7000, updated_at=LATER)

    assert target.run([changed], [BUYER], ledger_url=f"sqlite:///{tmp_path}/new.db").error is None

    assert amounts(sandbox, order_as) == [7000]
    assert len(values(sandbox, "customer")) == (order_as == "invoice")


def test_what_stripe_refuses_is_not_tried_every_time(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    mode(target, "payment_intent")
    # Worth less than Stripe charges, which only Stripe can know.
    record = bought(12, currency="ISK")
    assert "refused" in str(target.run([record]).error)
    assert target.exception_kinds() == ["stripe_refused"]
    sandbox.stripe_controls.reset_counters()

    target.clock = lambda: utc_now() + timedelta(hours=2)
    assert target.run([record]).error is None
    assert sandbox.stripe_controls.writes == 0
    assert target.exception_kinds() == ["stripe_refused"]

    assert target.run([bought(12000, currency="ISK", updated_at=LATER)]).error is None
    assert target.exception_kinds() == []


@pytest.mark.parametrize("order_as", MODES)
def test_one_that_is_paid_while_it_is_closed_is_left_alone(
    sandbox: RunningSandbox, target: TargetRunner, order_as: str
) -> None:
    mode(target, order_as)
    target.run([ORDER], [BUYER])
    target.clock = Rival(lambda: pay(sandbox, order_as), sandbox)

    result = target.run([ORDER | {"state": "cancelled", "updated_at": LATER}])

    assert result.error is None
    paid = {"payment_intent": "succeeded", "invoice": "paid", "payment_link": False}
    if order_as != "payment_link":  # a completed link may be deactivated as well
        assert statuses(sandbox, order_as) == [paid[order_as]]
        assert target.exception_kinds() == ["cancelled_order_paid"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("cut_after", probability=0.3, seed=1),
        Fault("half_json", probability=0.3, seed=2),
        Fault("status", status=503, probability=0.3, seed=3),
        Fault("status", status=429, probability=0.3, seed=4, retry_after=0),
        Fault("status", status=500, method="POST", probability=0.3, seed=5),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
@pytest.mark.parametrize("order_as", [*MODES, "annotate"])
def test_whatever_becomes_of_the_answers_the_end_is_the_same(
    sandbox: RunningSandbox, target: TargetRunner, order_as: str, fault: Fault
) -> None:
    mode(target, order_as)
    payments = []
    for _ in range(6):
        payments.append(sandbox.stripe.payment_intent(500, "eur"))
        sandbox.stripe.succeed(payments[-1])
    records = [
        order(
            f"ord_{number}", 1500 + number, customer_id="c1", amount_due=1000 + number,
            payments=[row(payment, 500)],
        )
        for number, payment in enumerate(payments)
    ]  # fmt: skip
    sandbox.stripe_controls.set_faults(fault)
    for _ in range(3):
        target.run(records, [BUYER], max_attempts=2)
    sandbox.stripe_controls.clear_faults()

    assert target.run(records, [BUYER]).error is None

    for number, payment in enumerate(payments):
        value = sandbox.stripe.shelves["payment_intent"].entries[payment].value
        assert value["metadata"]["monstock_order_id"] == f"ord_{number}"
    if order_as != "annotate":
        assert sorted(amounts(sandbox, order_as), key=str) == [1000 + n for n in range(6)]
        assert len([one for one in statuses(sandbox, order_as) if one == OPEN[order_as]]) == 6
    assert target.run(records, [BUYER]).writes == 0
    assert target.exception_kinds() == []


class Rival:
    """A clock at whose reading somebody else acts, once, after the target has read."""

    def __init__(self, act: Callable[[], object], sandbox: RunningSandbox) -> None:
        self._act: Callable[[], object] | None = act
        self._controls = sandbox.stripe_controls
        self._controls.reset_counters()

    def __call__(self) -> datetime:
        if self._act is not None and self._controls.requests:
            act, self._act = self._act, None
            act()
        return utc_now()


def pay(sandbox: RunningSandbox, order_as: str) -> None:
    (value,) = values(sandbox, order_as)
    if order_as == "payment_intent":
        sandbox.stripe.succeed(value["id"])
    elif order_as == "invoice":
        sandbox.stripe.pay_invoice(value["id"])
    else:
        sandbox.stripe.pay_link(value["id"])


def a_day_later(sandbox: RunningSandbox, target: TargetRunner) -> None:
    """Both clocks go on, so that Stripe forgets its idempotency keys."""
    sandbox.clock.advance(25 * 3600)
    target.clock = lambda: utc_now() + timedelta(hours=25)


def forget_answers(sandbox: RunningSandbox) -> None:
    """As if Stripe had failed after it made something."""
    sandbox.stripe.idempotency._kept.clear()


@pytest.mark.parametrize("step", ["add_lines", "finalize", "send"])
def test_a_step_whose_failure_stripe_has_stored_is_done_in_the_same_run(
    sandbox: RunningSandbox, target: TargetRunner, step: str
) -> None:
    mode(target, "invoice")
    fault = Fault("status", status=500, method="POST", path=f"/v1/invoices/*/{step}", times=1)
    sandbox.stripe_controls.set_faults(fault)

    result = target.run([order("ord_1", 1500, customer_id="c1")], [BUYER])

    assert result.error is None
    assert statuses(sandbox, "invoice") == ["open"]
    assert amounts(sandbox, "invoice") == [1500]
    assert target.run([order("ord_1", 1500, customer_id="c1")], [BUYER]).writes == 0


def test_an_invoice_is_sent_once_though_stripe_has_stored_two_failures_of_sending(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    mode(target, "invoice")
    record = order("ord_1", 1500, customer_id="c1")
    path = "/v1/invoices/*/send"
    for fault in (
        Fault("status", status=500, method="POST", path=path, times=2),
        Fault("status", status=500, method="POST", path=path, every=2, times=1),
    ):
        sandbox.stripe_controls.set_faults(fault)
        target.run([record], [BUYER], max_attempts=2)
    sandbox.stripe_controls.clear_faults()

    assert target.run([record], [BUYER]).error is None

    events = sandbox.stripe.present("/v1/events", type="invoice.sent")
    assert len(events) == 1
    assert target.run([record], [BUYER]).writes == 0
