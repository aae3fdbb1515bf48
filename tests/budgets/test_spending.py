"""Money for work that passes no gateway, on the real Postgres."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from aiops.budgets import actions, spending
from aiops.budgets.ledger import NoRoom
from aiops.budgets.models import Budget, Lease, Period
from aiops.budgets.spending import Spending, charge, out_with, refusal, settled
from aiops.core import clock
from aiops.core.actors import SystemActor
from tests.factories import make_feature, make_tenant

pytestmark = pytest.mark.django_db
DIME = Decimal("0.10")
BY = SystemActor("tests")


class Clock:
    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def feature():
    return make_feature(slug="summary")


def make_purse(name="one", ticking=None, **values):
    return Spending(name, "internal", "summary", clock=ticking or Clock(), **values)


def make_budget(amount="5", **values):
    return Budget.objects.create(**{"period": "month", "amount": Decimal(amount), **values})


def facts(budget):
    period = Period.objects.get(budget=budget)
    return period.spent, period.leased, period.overrun


def test_a_hold_is_charged_with_its_true_cost_and_the_rest_goes_back():
    budget = make_budget()
    purse = make_purse()
    charge([settled([purse.hold(DIME)], Decimal("0.03"))])
    assert facts(budget)[0] == Decimal("0.03")
    purse.close()
    purse.close()
    assert facts(budget) == (Decimal("0.03"), 0, 0)


def test_every_budget_that_applies_is_asked_and_no_other(feature):
    internal, other = make_tenant(slug="internal"), make_tenant()
    applying = [
        make_budget(), make_budget(period="day"), make_budget(tenant=internal), make_budget(feature=feature),
        make_budget(tenant=internal, feature=feature),
    ]  # fmt: skip  # rows of a table, one to a line
    make_budget(tenant=other)
    make_budget(feature=make_feature())
    hold = make_purse().hold(DIME)
    assert len(hold.leases) == len(applying) == Lease.objects.count()


def test_what_costs_nothing_needs_no_room():
    make_budget("0")
    assert make_purse().hold(Decimal(0)).leases == ()


def test_slices_are_used_from_memory(django_assert_num_queries):
    make_budget("50")
    purse = make_purse(holds=8)
    purse.hold(DIME)
    with django_assert_num_queries(0):
        for _ in range(7):
            purse.hold(DIME)
    assert Lease.objects.get().granted == 8 * DIME


def test_a_full_budget_refuses_in_words_and_lets_the_database_rest_for_a_moment(django_assert_num_queries):
    tenant, ticking = make_tenant(slug="internal"), Clock()
    budget = make_budget("15", tenant=tenant)
    purse = make_purse(ticking=ticking)
    held = purse.hold(Decimal(10))
    with pytest.raises(NoRoom) as caught:
        purse.hold(Decimal(10))
    _, ends = Period.objects.values_list("begins", "ends").get()
    assert refusal(caught.value) == (
        "The monthly budget of internal leaves no room ($5.00 of $15.00 left): raise it or wait until "
        f"1 {ends:%b}."
    )
    with pytest.raises(NoRoom), django_assert_num_queries(0):
        purse.hold(Decimal(10))
    Budget.objects.update(amount=20)
    ticking.seconds += 1
    second = purse.hold(Decimal(10))
    settled([held, second], Decimal(0))
    purse.surrender()
    assert facts(budget) == (0, 0, 0)


def test_a_budget_that_is_gone_binds_nobody():
    budget = make_budget("0.15")
    purse = make_purse()
    purse.hold(DIME)
    with pytest.raises(NoRoom) as caught:
        purse.hold(DIME)
    Budget.objects.filter(pk=budget.pk).delete()
    assert refusal(caught.value) == "A budget left no room, and was removed since: try again."
    purse.surrender()
    purse.hold(DIME)
    assert not Lease.objects.exists()


def test_a_budget_set_meanwhile_binds_after_a_moment():
    ticking = Clock()
    purse = make_purse(ticking=ticking)
    purse.hold(DIME)
    make_budget("0.05")
    ticking.seconds += 11
    with pytest.raises(NoRoom):
        purse.hold(DIME)


def test_leases_are_renewed_while_there_is_work():
    make_budget()
    ticking = Clock()
    purse = make_purse(ticking=ticking)
    purse.hold(DIME)
    Lease.objects.update(expires_at=clock.now())
    purse.keep()
    assert Lease.objects.get().expires_at < clock.now() + timedelta(seconds=1)
    ticking.seconds += 11
    purse.keep()
    assert Lease.objects.get().expires_at > clock.now() + timedelta(seconds=30)


def test_a_lease_that_was_not_renewed_in_time_is_prolonged_before_it_is_used_again():
    make_budget()
    ticking = Clock()
    purse = make_purse(ticking=ticking)
    purse.hold(DIME)
    ticking.seconds += 60
    purse.hold(DIME)
    assert Lease.objects.count() == 1


def test_a_lease_that_was_lost_is_replaced():
    budget = make_budget()
    ticking = Clock()
    purse = make_purse(ticking=ticking)
    held = purse.hold(DIME)
    assert actions.lose_leases_of(by=BY, instance="one") == 6 * DIME  # an eighth of fifty holds
    ticking.seconds += 11
    purse.keep()
    purse.hold(DIME)
    assert sorted(Lease.objects.values_list("state", flat=True)) == ["lost", "open"]
    charge([settled([held], DIME)])  # it is part of what was lost
    assert facts(budget)[0] == 6 * DIME


def test_money_of_a_lease_lost_meanwhile_is_not_given_back():
    budget = make_budget()
    purse = make_purse()
    settled([purse.hold(DIME)], Decimal(0))
    gone = actions.lose_leases_of(by=BY, instance="one")
    purse.surrender()
    assert facts(budget) == (gone, 0, 0)
    assert actions.lose_leases_of(by=BY, instance="one") == 0


def test_a_new_month_has_leases_of_its_own():
    budget = make_budget("1")
    ticking, today = Clock(), [datetime(2026, 11, 30, 23, 59, tzinfo=UTC)]
    purse = make_purse(ticking=ticking, now=lambda: today[0])
    old = purse.hold(DIME)
    today[0] = datetime(2026, 12, 1, tzinfo=UTC)
    new = purse.hold(DIME)
    assert settled([old, new], Decimal("0.15")) == {old.leases[0]: DIME, new.leases[0]: Decimal("0.05")}
    ticking.seconds += 11
    purse.keep()
    charge([{old.leases[0]: DIME}])
    november = Period.objects.get(budget=budget, begins__month=11)
    assert (november.spent, november.leased) == (DIME, 0)


def test_money_of_others_may_come_back():
    make_budget()
    hold = make_purse("run-1-a").hold(DIME)
    assert out_with("run-1-", but="run-1-b")
    assert not out_with("run-1-", but="run-1-a")
    assert not out_with("run-2-", but="")
    assert spending.leases_of("run-1-a") == list(hold.leases)
