"""The check of a profile, from the first call to the last."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from monstock_stripe_core.profile import Profile
from target_common.run import utc_now

from target_monstock.profile_check.field_checks import check_customer_fields, check_order_fields
from target_monstock.profile_check.list_checks import (
    check_filters,
    check_list,
    check_pages,
    check_read,
    check_since,
    newest_rows,
)
from target_monstock.profile_check.payment_checks import check_payments
from target_monstock.profile_check.report import CheckEnded, CheckResult, Report
from target_monstock.profile_check.tenant import RecordKind, Tenant
from target_monstock.profile_check.write_checks import check_writes


def check_profile(
    base_url: str,
    api_token: str,
    profile: Profile,
    *,
    write_to: str | None = None,
    clock: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
) -> list[CheckResult]:
    """Try everything that a profile describes on a live tenant.

    It reads only, unless an order is named to write to.

    Args:
        base_url: of the tenant's API.
        api_token: of the tenant's API.
        profile: what is checked.
        write_to: the number of an order made for tests: writes are tried on it and taken back.
        clock: the time, UTC.
        sleep: what waits between attempts, in seconds.

    Raises:
        MonstockError: base_url or api_token cannot be one.
    """
    tenant = Tenant(base_url, api_token, profile, sleep=sleep)
    report = Report()
    try:
        _check(tenant, report, write_to, clock)
    except CheckEnded:
        report.untried("all the rest", "Monstock could not be asked any more", "-")
    finally:
        tenant.close()
    return report.results


def _check(
    tenant: Tenant, report: Report, write_to: str | None, clock: Callable[[], datetime]
) -> None:
    orders = _check_kind(tenant, report, tenant.orders, clock)
    if orders:
        check_order_fields(tenant, report, orders)
        check_payments(tenant, report, orders)
    if tenant.customers is None:
        report.untried("customers", "the profile describes none")
    else:
        customers = _check_kind(tenant, report, tenant.customers, clock)
        if customers:
            check_customer_fields(tenant, tenant.customers, report, customers)
    if tenant.profile.rate_limit is None:
        report.untried("rate_limit", "the profile names none; 429s are obeyed as they come")
    else:
        report.untried("rate_limit", "trying it would take many requests")
    if write_to is None:
        report.untried("writes", "reading only; name a test order by --write to try them", "-")
    else:
        check_writes(tenant, report, write_to, clock)


def _check_kind(
    tenant: Tenant, report: Report, kind: RecordKind, clock: Callable[[], datetime]
) -> list[Any]:
    """Try the calls about one kind of record; return rows to look at their fields."""
    rows = check_list(tenant, report, kind)
    if not rows:
        return []
    check_pages(tenant, report, kind, rows)
    check_read(tenant, report, kind, rows)
    check_since(tenant, report, kind, rows, clock())
    check_filters(tenant, report, kind, rows)
    return [*rows, *newest_rows(tenant, kind, rows, clock())]
