"""Which accounts a run reads: those that `account_ids` names, as Stripe has them now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from monstock_stripe_core.stripe_client import StripeClient
from monstock_stripe_core.stripe_errors import StripeForbiddenError, StripeProtocolError
from tap_common.errors import SettingError

from tap_stripe_ext.by_account import Account
from tap_stripe_ext.reader import Reader, decode
from tap_stripe_ext.settings import ALL_ACCOUNTS, OWN_ACCOUNT

# What a restricted key needs for both (Stripe docs, 'API key permissions').
ACCOUNTS_PERMISSION = "rak_accounts_kyc_basic_read"


def find_accounts(client: StripeClient, account_ids: Sequence[str]) -> tuple[Account, ...]:
    """Return the accounts to read, the key's own first.

    Args:
        client: acts for the key's own account.
        account_ids: the setting, not empty.

    Raises:
        SettingError: if the key may not ask for the accounts.
        StripeApiError: if they cannot be had otherwise.
    """
    with _explained():
        own = _own_account(client)
        ids = [own.id if one == OWN_ACCOUNT else one for one in account_ids]
        if ALL_ACCOUNTS in account_ids:
            connected = Reader(client).all_objects("/v1/accounts", {}, "account")
            ids = [own.id, *(str(one["id"]) for one in connected)]
    accounts = [Account(one, own=one == own.id) for one in dict.fromkeys(ids)]
    return tuple(sorted(accounts, key=lambda account: not account.own))


def first_account(client: StripeClient, account_ids: Sequence[str]) -> Account:
    """Return one account to try the settings with.

    Args:
        client: acts for the key's own account.
        account_ids: the setting, not empty.

    Raises:
        SettingError: if the key may not ask for its account.
        StripeApiError: if it cannot be had otherwise.
    """
    with _explained():
        own = _own_account(client)
    first = account_ids[0]
    return own if first in (OWN_ACCOUNT, ALL_ACCOUNTS, own.id) else Account(first, own=False)


def client_for(client: StripeClient, account: Account) -> StripeClient:
    """Return a client that acts for the account, under the same pace."""
    return client if account.own else client.for_account(account.id)


@contextmanager
def _explained() -> Iterator[None]:
    """Say which setting wants what the key may not read."""
    try:
        yield
    except StripeForbiddenError as error:
        raise SettingError(
            "account_ids",
            f"needs a key that may read {error.endpoint.removeprefix('GET ')}. Give the restricted "
            f"key the permission {error.permission or ACCOUNTS_PERMISSION}. Stripe says: {error}",
        ) from None


def _own_account(client: StripeClient) -> Account:
    found = client.get("/v1/account", {}, decode)
    if found.get("object") != "account":
        raise StripeProtocolError(
            f"/v1/account gave an object that says it is {found.get('object')!r}. "
            "Check the setting api_base",
            endpoint="GET /v1/account",
        )
    return Account(str(found["id"]), own=True)
