"""No order of holds, settlements, renewals, deaths and reclaims passes a budget, or leaves anything held.

Two gateways and two workers share budgets on the real SQL; each example is undone. They take turns: what they
do at the same time is for `test_ledger.py` and `benchmarks/`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

import pytest
from django.db import connection, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from aiops.budgets import actions, leasing, spending
from aiops.budgets.ledger import Hold, Ledger, NoRoom
from aiops.budgets.models import Budget, Period
from aiops.budgets.spending import Spending
from aiops.core.actors import SystemActor
from tests.factories import make_feature, make_tenant

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)
BY = SystemActor("tests")
ZERO = Decimal(0)
CENTS = st.integers(1, 60).map(lambda cents: Decimal(cents) / 100)

_PERIODS = """
SELECT period.spent, period.leased, period.overrun, budget.amount, (
  SELECT coalesce(sum(greatest(granted - settled, 0)), 0) FROM budgets_lease AS lease
  WHERE lease.period_id = period.id AND lease.state = 'open')
FROM budgets_period AS period JOIN budgets_budget AS budget ON budget.id = period.budget_id
"""


class Cursor:
    """Django's own connection as asynchronous code sees one."""

    def __init__(self, real: Any) -> None:
        self._real = real

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._real.close()

    async def execute(self, statement: str, values: Mapping[str, Any] | None = None) -> None:
        self._real.execute(statement, values)

    async def fetchone(self) -> Any:
        return self._real.fetchone()

    async def fetchall(self) -> Any:
        return self._real.fetchall()


class Connection:
    real: Any = None  # psycopg's; asked of Django before an event loop runs

    def cursor(self) -> Cursor:
        return Cursor(self.real.cursor())

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        with self.real.transaction():
            yield


@asynccontextmanager
async def connect() -> AsyncIterator[Any]:
    yield Connection()


class Clock:
    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Paid:
    """A hold under way. `who` is the number of its process, which is another one after each death."""

    who: int
    hold: Hold
    cost: Decimal | None = None


class Gateway:
    """A process that journals its holds: after its death each is known."""

    def __init__(self, name: str, clock: Clock, run: Any) -> None:
        self.name = name
        self.run = run
        self.ledger = Ledger(name, connect, clock, lambda: NOON)

    def hold(self, worst: Decimal) -> Hold:
        budgets: list[Any] = list(Budget.objects.order_by("id"))
        found: Hold = self.run(self.ledger.hold(worst, budgets))
        return found

    def keep(self) -> None:
        self.run(self.ledger._renew())

    def surrender(self) -> None:
        self.run(self.ledger.close())

    def charge(self, amounts: dict[int, Decimal]) -> None:
        async def settle() -> None:
            async with Connection().transaction(), Connection().cursor() as cursor:
                await leasing.settle(cursor, amounts)  # type: ignore[arg-type]  # a cursor for all it needs

        if amounts:
            self.run(settle())

    def end(self) -> None:
        self.run(leasing.close(Connection(), self.name))  # type: ignore[arg-type]  # as above


class Worker:
    """A process whose results say what it spent: after its death the rest of its lease is lost."""

    def __init__(self, name: str, clock: Clock, _run: Any) -> None:
        self.name = name
        self.spending = Spending(name, "internal", "summary", holds=3, clock=clock, now=lambda: NOON)

    def hold(self, worst: Decimal) -> Hold:
        return self.spending.hold(worst)

    def keep(self) -> None:
        self.spending.keep()

    def surrender(self) -> None:
        self.spending.surrender()

    def charge(self, amounts: dict[int, Decimal]) -> None:
        spending.charge([amounts])

    def end(self) -> None:
        self.spending.close()


class Money(RuleBasedStateMachine):
    under_way = Bundle("under_way")
    answered = Bundle("answered")

    def __init__(self) -> None:
        super().__init__()
        self.undone: Any = transaction.atomic()
        self.undone.__enter__()
        Connection.real = connection.connection
        tenant, feature = make_tenant(slug="internal"), make_feature(slug="summary")
        for amount, values in (
            ("3", {}),
            ("2", {"tenant": tenant, "period": "day"}),
            ("1.5", {"feature": feature}),
        ):
            Budget.objects.create(**{"period": "month", "amount": Decimal(amount), **values})
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.count = 0
        self.processes = [self._process(number) for number in range(4)]
        self.open: dict[int, Paid] = {}
        self.charged = ZERO
        self.lost = False

    def _process(self, number: int) -> Gateway | Worker:
        self.count += 1
        kind = Gateway if number % 2 else Worker
        return kind(f"process-{self.count}-of-{number}", self.clock, self.runner.run)

    @rule(who=st.integers(0, 3), worst=CENTS, target=under_way)
    def hold(self, who: int, worst: Decimal) -> int:
        try:
            hold = self.processes[who].hold(worst)
        except NoRoom:
            return -1
        self.count += 1
        self.open[self.count] = Paid(who, hold)
        return self.count

    @rule(number=consumes(under_way), share=st.sampled_from(("0", "0.3", "1", "1.2")), target=answered)
    def answer(self, number: int, share: str) -> int:
        """The call is over; above 1 the vendor billed more than was held."""
        if (paid := self.open.get(number)) is not None:
            paid.cost = paid.hold.worst * Decimal(share)
            paid.hold.settle(paid.cost)
        return number

    @rule(number=consumes(answered))
    def store(self, number: int) -> None:
        if (paid := self.open.pop(number, None)) is not None:
            self._charge(paid)

    @rule(number=consumes(under_way))
    def let_go(self, number: int) -> None:
        """Nothing was asked."""
        if (paid := self.open.pop(number, None)) is not None:
            paid.hold.settle(ZERO)

    @rule(who=st.integers(0, 3))
    def give_back(self, who: int) -> None:
        self.processes[who].surrender()

    @rule(seconds=st.sampled_from((0.3, 11.0, 50.0)))
    def wait(self, seconds: float) -> None:
        self.clock.seconds += seconds

    @rule(who=st.integers(0, 3))
    def keep(self, who: int) -> None:
        self.processes[who].keep()

    @rule(amount=st.sampled_from(("1", "2.5", "4")))
    def set_budget(self, amount: str) -> None:
        """Somebody raises or lowers a budget: one below what is out binds from then on."""
        gone = max((one.spent + one.leased for one in Period.objects.all()), default=ZERO)
        Budget.objects.filter(tenant=None, feature=None).update(amount=max(gone, Decimal(amount)))

    @rule(who=st.integers(0, 3))
    def kill(self, who: int) -> None:
        """kill -9, and what its successor or its siblings do then."""
        dead, self.processes[who] = self.processes[who], self._process(who)
        theirs = [number for number, paid in self.open.items() if paid.who == who]
        for number in theirs:
            paid = self.open.pop(number)
            if isinstance(dead, Gateway):
                self._charge(paid)  # its journal names the hold: replayed, at its worst where nobody knows
        if isinstance(dead, Gateway):
            dead.end()
        else:
            self.lost = actions.lose_leases_of(by=BY, instance=dead.name) > 0 or self.lost

    @rule()
    def lose_host(self) -> None:
        """Nobody renewed the leases for ten minutes; the processes live, and what they store comes late."""
        self.lost = bool(actions.lose_leases(by=BY, before=datetime(2099, 1, 1, tzinfo=UTC))) or self.lost

    @invariant()
    def never_passed(self) -> None:
        """Nor does a period lease out anything but what its open leases have."""
        with connection.cursor() as cursor:
            cursor.execute(_PERIODS)
            for spent, leased, overrun, amount, out in cursor.fetchall():
                assert spent + leased - overrun <= amount
                assert min(spent, leased, overrun) >= 0
                assert leased == out

    def teardown(self) -> None:
        """Everything ends: nothing stays held, and what was charged is spent."""
        try:
            for number in list(self.open):
                self._charge(self.open.pop(number))
            for process in self.processes:
                process.end()
            for spent, leased in Period.objects.values_list("spent", "leased"):
                assert leased == 0
                assert spent >= self.charged
                assert self.lost or spent == self.charged
        finally:
            self.runner.close()
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def _charge(self, paid: Paid) -> None:
        """The record arrives: the cost, or the worst case where nobody knows better."""
        cost = paid.hold.worst if paid.cost is None else paid.cost
        paid.hold.settle(cost)
        self.charged += cost
        self.processes[paid.who].charge(dict.fromkeys(paid.hold.leases, cost))


def test_no_order_of_events_passes_a_budget_or_leaves_money_held():
    run_state_machine_as_test(
        Money, settings=settings(max_examples=12, stateful_step_count=20, derandomize=True)
    )
