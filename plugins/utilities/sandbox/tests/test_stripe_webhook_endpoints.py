"""Webhook endpoints over HTTP, through the typed stripe package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from monstock_stripe_sandbox.resources.data import resources
from monstock_stripe_sandbox.stripe_world import SECRET_KEY
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def client_of(sandbox: RunningSandbox, key: str = SECRET_KEY) -> stripe.StripeClient:
    return stripe.StripeClient(
        key, base_addresses={"api": sandbox.stripe_url}, max_network_retries=0
    )


def test_an_endpoint_is_made_with_its_secret_which_is_never_shown_again(
    sandbox: RunningSandbox,
) -> None:
    endpoints = client_of(sandbox).v1.webhook_endpoints
    made = endpoints.create(
        {
            "url": URL,
            "enabled_events": ["charge.succeeded", "charge.refunded"],
            "description": "Payments",
            "metadata": {"a": "1"},
            "api_version": "2026-10-28.endive",
        }
    )
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert made.id.startswith("we_1")
    assert (made.status, made.url, made.api_version) == ("enabled", URL, "2026-10-28.endive")
    assert made.to_dict().keys() <= resources().models["webhook_endpoint"].keys()
    again = endpoints.retrieve(made.id)
    assert "secret" not in again
    assert again.to_dict() == {k: v for k, v in made.to_dict().items() if k != "secret"}
    assert [each.to_dict() for each in endpoints.list().data] == [again.to_dict()]
    assert sandbox.stripe.all("event") == []


def test_an_endpoint_is_changed_disabled_and_deleted(sandbox: RunningSandbox) -> None:
    endpoints = client_of(sandbox).v1.webhook_endpoints
    made = endpoints.create({"url": URL, "enabled_events": ["*"], "metadata": {"a": "1"}})
    changed = endpoints.update(
        made.id,
        {
            "url": URL + "/new",
            "enabled_events": ["charge.succeeded"],
            "description": "Later",
            "metadata": {"b": "2"},
            "disabled": True,
        },
    )
    assert (changed.url, changed.status, changed.description) == (URL + "/new", "disabled", "Later")
    assert changed.metadata.to_dict() == {"a": "1", "b": "2"}
    assert changed.enabled_events == ["charge.succeeded"]
    assert endpoints.update(made.id, {"disabled": False}).status == "enabled"
    gone = endpoints.delete(made.id)
    assert gone.deleted is True
    with pytest.raises(stripe.InvalidRequestError) as refused:
        endpoints.retrieve(made.id)
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert endpoints.list().data == []


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"enabled_events": ["*"]}, "url"),
        ({"url": URL}, "enabled_events"),
        ({"url": "127.0.0.1/hook", "enabled_events": ["*"]}, "url"),
        ({"url": URL, "enabled_events": ["charge.flown"]}, "enabled_events[0]"),
        ({"url": URL, "enabled_events": ["*"], "colour": "red"}, "colour"),
        ({"url": URL, "enabled_events": ["*"], "disabled": "true"}, "disabled"),
        ({"url": URL, "enabled_events": ["*"], "api_version": "2024-06-20"}, "api_version"),
    ],
)
def test_what_stripe_would_refuse_is_refused(
    sandbox: RunningSandbox, given: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client_of(sandbox).raw_request("post", "/v1/webhook_endpoints", **given)
    assert (refused.value.http_status, refused.value.param) == (400, param)
    assert sandbox.stripe.all("webhook_endpoint") == []


def test_an_account_has_sixteen_endpoints_at_most(sandbox: RunningSandbox) -> None:
    endpoints = client_of(sandbox).v1.webhook_endpoints
    for _ in range(16):
        endpoints.create({"url": URL, "enabled_events": ["*"]})
    with pytest.raises(stripe.InvalidRequestError, match="maximum of 16"):
        endpoints.create({"url": URL, "enabled_events": ["*"]})


def test_a_repeated_creation_answers_the_same_secret(sandbox: RunningSandbox) -> None:
    endpoints = client_of(sandbox).v1.webhook_endpoints
    options: Any = {"idempotency_key": "k-1"}
    made = [
        endpoints.create({"url": URL, "enabled_events": ["*"]}, options=options) for _ in range(2)
    ]
    assert made[0].to_dict() == made[1].to_dict()
    assert len(sandbox.stripe.all("webhook_endpoint")) == 1


def test_a_restricted_key_needs_the_permission_for_webhooks(sandbox: RunningSandbox) -> None:
    reading = client_of(sandbox, sandbox.stripe.restricted_key({"webhook_read"}))
    assert reading.v1.webhook_endpoints.list().data == []
    with pytest.raises(stripe.PermissionError, match="rak_webhook_write"):
        reading.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"]})
    writing = client_of(sandbox, sandbox.stripe.restricted_key({"webhook_write"}))
    assert writing.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"]}).id


def test_endpoints_and_their_secrets_outlive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with running_sandbox(state_file=state) as sandbox:
        made = client_of(sandbox).v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"]})
    with running_sandbox(state_file=state) as sandbox:
        assert client_of(sandbox).v1.webhook_endpoints.retrieve(made.id).url == URL
        assert sandbox.stripe.webhook_secret(made.id) == made.secret
