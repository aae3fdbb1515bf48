"""The rules of the workspace: when a second person must agree."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from aiops.accounts import actions, queries
from aiops.accounts.models import Workspace
from aiops.audit.models import AuditEvent
from aiops.core.errors import InvalidInput

pytestmark = pytest.mark.django_db
ABOVE: dict[str, Any] = {
    "four_eyes": "above", "four_eyes_share": 10, "four_eyes_amount": None, "retention_months": 13,
}  # fmt: skip  # pairs, read as a table


def test_above_ten_percent_is_the_rule_until_somebody_changes_it():
    rules = queries.workspace()
    assert not Workspace.objects.exists()
    assert (rules.asks_for_two(share=10), rules.asks_for_two(share=11)) == (False, True)
    assert not rules.asks_for_two(amount=Decimal(1_000_000))


@pytest.mark.parametrize(
    ("four_eyes", "amount", "asks"),
    [("always", None, True), ("off", 500, False), ("above", 500, False), ("above", 501, True)],
)
def test_the_policy_decides_when_two_are_needed(four_eyes, amount, asks):
    rules = Workspace(four_eyes=four_eyes, four_eyes_amount=Decimal(500))
    assert rules.asks_for_two(amount=None if amount is None else Decimal(amount)) is asks


def test_a_change_is_recorded_with_before_and_after(user):
    actions.change_workspace(by=user, **ABOVE)
    assert not AuditEvent.objects.exists()
    actions.change_workspace(
        by=user, four_eyes="off", four_eyes_share=10, four_eyes_amount=Decimal(5), reason="One of us is here."
    )
    event = AuditEvent.objects.get()
    assert (event.action, event.reason) == ("accounts.workspace_changed", "One of us is here.")
    assert event.before == ABOVE
    assert event.after == {**ABOVE, "four_eyes": "off", "four_eyes_amount": "5.00"}


def test_four_eyes_are_not_turned_off_without_a_reason(user):
    with pytest.raises(InvalidInput, match="Say why"):
        actions.change_workspace(by=user, four_eyes="off", four_eyes_share=10, four_eyes_amount=None)


@pytest.mark.parametrize(
    "wrong", [{"id": 2}, {"four_eyes": "maybe"}, {"four_eyes_share": 101}, {"four_eyes_amount": -1}]
)
def test_the_database_keeps_one_row_that_makes_sense(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Workspace.objects.create(**wrong)


def test_the_page_saves_and_says_that_four_eyes_are_off(as_role):
    client = as_role("administrator")
    assert "Four eyes are off" not in client.get("/accounts/workspace/").content.decode()
    given = {"four_eyes": "off", "four_eyes_share": "10", "four_eyes_amount": "", "retention_months": "13"}
    refused = client.post("/accounts/workspace/", given)
    assert (refused.status_code, "Say why" in refused.content.decode()) == (422, True)
    saved = client.post("/accounts/workspace/", {**given, "reason": "A trial."}, follow=True)
    assert "Four eyes are off" in saved.content.decode()
    assert queries.workspace().four_eyes == "off"
