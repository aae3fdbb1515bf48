from datetime import timedelta
from decimal import Decimal

import pytest

from aiops.accounts.models import Workspace
from aiops.audit.models import AuditEvent
from aiops.budgets import actions, queries
from aiops.budgets.limit import Limit
from aiops.budgets.models import Budget, BudgetRequest, Lease
from aiops.budgets.tasks import lose_leases
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from tests.factories import make_budget, make_budget_request, make_lease, make_tenant, make_user

pytestmark = pytest.mark.django_db


def set_to(user, budget, amount, **values):
    return actions.set_budget(
        by=user,
        tenant=budget.tenant,
        feature=budget.feature,
        period=budget.period,
        limit=Limit(Decimal(amount), **values),
    )


@pytest.fixture
def above_fifty():
    Workspace.objects.create(four_eyes_amount=Decimal(50))


def test_a_new_budget_begins_with_what_was_spent_already(user):
    tenant = make_tenant()
    limit = Limit(Decimal(10))
    actions.set_budget(by=user, tenant=tenant, feature=None, period="month", limit=limit, spent=Decimal(4))
    (standing,) = queries.standings(Budget.objects.all())
    assert (standing.spent, standing.left, standing.state) == (4, 6, "good")
    assert AuditEvent.objects.get().after == limit.as_json() | {"spent_before": "4"}


@pytest.mark.parametrize(("share", "amount"), [("0", "1"), ("1.1", "1"), ("0.8", "-1"), ("0.8", "1e14")])
def test_a_budget_that_makes_no_sense_is_refused(share, amount, user):
    limit = Limit(Decimal(amount), soft_share=Decimal(share))
    with pytest.raises(InvalidInput):
        actions.set_budget(by=user, tenant=None, feature=None, period="day", limit=limit)


@pytest.mark.parametrize(
    ("amount", "hard", "waits"),
    [("150", True, False), ("151", True, True), ("20", True, False), ("20", False, True)],
)
def test_more_room_than_the_workspace_lets_one_person_give_waits(amount, hard, waits, user, above_fifty):
    budget = make_budget()
    asked = set_to(user, budget, amount, hard=hard)
    budget.refresh_from_db()
    assert (asked is not None, budget.amount == Decimal(amount)) == (waits, not waits)


def test_without_an_amount_in_the_workspace_nobody_waits(user):
    budget = make_budget()
    assert set_to(user, budget, "1000000") is None
    assert actions.remove_budget(by=user, budget=budget) is None
    assert not Budget.objects.exists()


def test_the_same_again_changes_nothing(user):
    assert set_to(user, make_budget(), "100") is None
    assert not AuditEvent.objects.exists()


def test_a_second_person_approves(user, above_fifty):
    budget = make_budget()
    asked = set_to(user, budget, "500")
    with pytest.raises(Conflict, match="waits already"):
        set_to(user, budget, "600")
    with pytest.raises(NotAllowed):
        actions.approve_request(by=user, request=asked)
    actions.approve_request(by=make_user(), request=asked)
    budget.refresh_from_db()
    assert budget.amount == 500
    with pytest.raises(Conflict, match="approved already"):
        actions.decline_request(by=make_user(), request=asked)


def test_a_removal_waits_and_its_request_outlives_the_budget(user, above_fifty):
    budget = make_budget()
    asked = actions.remove_budget(by=user, budget=budget)
    actions.approve_request(by=make_user(), request=asked)
    assert not Budget.objects.exists()
    kept = BudgetRequest.objects.get()
    assert (kept.budget, kept.state, kept.label) == (None, "approved", str(budget))


def test_what_has_changed_since_is_not_approved(user):
    asked = make_budget_request()
    set_to(user, asked.budget, "90")
    with pytest.raises(Conflict, match="changed since"):
        actions.approve_request(by=user, request=asked)


def test_only_whoever_asked_withdraws(user):
    asked = make_budget_request()
    with pytest.raises(NotAllowed):
        actions.withdraw_request(by=user, request=asked)
    assert actions.withdraw_request(by=asked.asked_by, request=asked).state == "withdrawn"


def test_leases_of_lost_hosts_count_as_spent_after_ten_minutes():
    now = clock.now()
    old = make_lease(state="open", expires_at=now - timedelta(minutes=11))
    new = make_lease(state="open", expires_at=now - timedelta(minutes=9))
    lose_leases()
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, new.state) == ("lost", "open")
    assert (old.period.spent, old.period.leased) == (2, 0)
    assert AuditEvent.objects.get().action == "budgets.lease_lost"


def test_a_lost_lease_is_settled_with_what_was_really_spent(user):
    lease = make_lease()
    actions.reconcile_lease(by=user, lease=lease, spent=Decimal("0.3"), reason="The bill says so.")
    lease.refresh_from_db()
    assert (lease.state, lease.settled, lease.granted) == ("closed", Decimal("0.8"), Decimal("0.8"))
    assert lease.period.spent == Decimal("0.8")
    with pytest.raises(Conflict):
        actions.reconcile_lease(by=user, lease=lease, spent=Decimal(0), reason="again")


@pytest.mark.parametrize(("spent", "reason"), [("1.6", "x"), ("-1", "x"), ("1", " ")])
def test_no_more_than_was_lost_is_settled_and_not_without_a_reason(spent, reason, user):
    with pytest.raises(InvalidInput):
        actions.reconcile_lease(by=user, lease=make_lease(), spent=Decimal(spent), reason=reason)
    assert Lease.objects.get().state == "lost"


@pytest.mark.parametrize(("spent", "state", "bar"), [
    ("10", "good", ("10.00%", "0.00%", "100.00%")),
    ("80", "warn", ("80.00%", "0.00%", "100.00%")),
    ("200", "bad", ("100.00%", "0.00%", "50.00%")),
])  # fmt: skip  # rows of a table, one to a line
def test_a_standing_says_how_near_the_limit_is(spent, state, bar, django_assert_num_queries):
    budget = make_budget(spent=Decimal(spent))
    with django_assert_num_queries(1):
        (standing,) = queries.standings([budget])
    assert (standing.state, standing.bar) == (state, bar)
    assert standing.over == max(0, Decimal(spent) - 100)
