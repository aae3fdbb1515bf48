"""Leases and holds on the real Postgres: budgets that cannot be passed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import psycopg
import pytest
from django.db import connection as django_connection

from aiops.budgets import leasing
from aiops.budgets import ledger as ledgers
from aiops.budgets.ledger import AWAY_FOR, Ledger, NoRoom
from aiops.budgets.models import Budget, Lease, Period
from aiops.budgets.periods import period_of

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)
DIME = Decimal("0.10")


@dataclass(frozen=True)
class Limit:
    """What the ledger knows of a stored budget."""

    id: int
    period: Literal["day", "month"]


class Bank:
    """Postgres as a gateway process reaches it: a few connections, shared by all that it does."""

    def __init__(self) -> None:
        self.away = False
        self.places = asyncio.Semaphore(4)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        if self.away:
            raise psycopg.OperationalError("away")
        known = django_connection.get_connection_params()
        wanted = {
            name: known[name] for name in ("host", "port", "user", "password", "dbname") if known.get(name)
        }
        async with self.places, await psycopg.AsyncConnection.connect(**wanted, autocommit=True) as opened:
            yield opened


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def make_ledger(bank: Bank, name: str = "one", clock: Clock | None = None) -> Ledger:
    return Ledger(name, bank.connect, clock or Clock(), lambda: NOON)


async def pay(bank: Bank, hold, cost: Decimal) -> None:
    """The call is over, and its record arrives."""
    hold.settle(cost)
    async with bank.connect() as opened, opened.transaction(), opened.cursor() as cursor:
        await leasing.settle(cursor, dict.fromkeys(hold.leases, cost))


def facts(budget: Limit) -> tuple[Decimal, Decimal, Decimal]:
    period = Period.objects.get(budget=budget.id)
    return period.spent, period.leased, period.overrun


def make_budget(amount: str = "5", *, period: Literal["day", "month"] = "month", hard: bool = True) -> Limit:
    return Limit(Budget.objects.create(period=period, amount=Decimal(amount), hard=hard).pk, period)


def test_a_hold_is_settled_to_its_true_cost_and_the_rest_goes_back():
    budget = make_budget()

    async def go() -> None:
        bank = Bank()
        ledger = make_ledger(bank)
        await pay(bank, await ledger.hold(DIME, [budget]), Decimal("0.03"))
        await ledger.close()

    asyncio.run(go())
    assert facts(budget) == (Decimal("0.03"), 0, 0)


def test_many_processes_at_once_never_pass_a_budget_and_use_nearly_all_of_it():
    budget = make_budget("5")
    admitted = 0

    async def call(bank: Bank, ledger: Ledger) -> None:
        nonlocal admitted
        try:
            hold = await ledger.hold(DIME, [budget])
        except NoRoom:
            return
        admitted += 1
        await pay(bank, hold, DIME)

    async def go() -> None:
        bank = Bank()
        ledgers = [make_ledger(bank, f"process {number}") for number in range(4)]
        await asyncio.gather(*(call(bank, ledgers[number % 4]) for number in range(400)))
        for ledger in ledgers:
            await ledger.close()

    asyncio.run(go())
    assert facts(budget) == (admitted * DIME, 0, 0)
    assert 48 <= admitted <= 50


def test_a_call_has_to_fit_into_every_budget():
    wide, narrow = make_budget("100"), make_budget("0.15", period="day")

    async def go() -> Any:
        ledger = make_ledger(Bank())
        await ledger.hold(DIME, [wide, narrow])
        with pytest.raises(NoRoom) as caught:
            await ledger.hold(DIME, [wide, narrow])
        await ledger.hold(DIME, [wide])
        return caught.value

    refused = asyncio.run(go())
    assert (refused.budget.id, refused.ends, refused.away) == (
        narrow.id,
        datetime(2026, 11, 16, tzinfo=UTC),
        False,
    )


def test_a_soft_budget_refuses_nobody_and_says_when_it_is_nearly_used_up():
    budget = make_budget("0.2", hard=False)

    async def go() -> list[bool]:
        bank = Bank()
        ledger = make_ledger(bank)
        for _ in range(3):
            await pay(bank, await ledger.hold(DIME, [budget]), DIME)
        await ledger.close()
        return [ledger.nearly([budget])]

    assert asyncio.run(go()) == [True]
    assert facts(budget) == (Decimal("0.3"), 0, 0)


def test_a_bill_above_what_was_held_is_an_overrun():
    budget = make_budget("1")

    async def go() -> None:
        bank = Bank()
        ledger = make_ledger(bank)
        hold = await ledger.hold(Decimal(1), [budget])
        await pay(bank, hold, Decimal("1.25"))
        with pytest.raises(NoRoom):
            await ledger.hold(DIME, [budget])

    asyncio.run(go())
    assert facts(budget) == (Decimal("1.25"), 0, Decimal("0.25"))


def test_a_cost_that_nobody_knows_counts_at_its_worst():
    budget = make_budget("1")

    async def go() -> None:
        ledger = make_ledger(Bank())
        hold = await ledger.hold(Decimal("0.6"), [budget])
        hold.settle(None)
        hold.settle(Decimal(0))  # once only
        with pytest.raises(NoRoom):
            await ledger.hold(Decimal("0.6"), [budget])

    asyncio.run(go())


def test_a_lease_lasts_while_the_database_is_away_and_no_longer():
    budget = make_budget("5")

    async def go() -> bool:
        bank, clock = Bank(), Clock()
        ledger = make_ledger(bank, clock=clock)
        await ledger.hold(DIME, [budget])
        bank.away = True
        clock.seconds += leasing.SECONDS - 6
        await ledger.hold(DIME, [budget])
        clock.seconds += 2
        with pytest.raises(NoRoom) as caught:
            await ledger.hold(DIME, [budget])
        bank.away = False
        clock.seconds += AWAY_FOR
        await ledger.hold(DIME, [budget])
        return caught.value.away

    assert asyncio.run(go()) is True
    assert Lease.objects.count() == 1  # it was still ours, and was prolonged


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_clock_that_jumps_over_midnight_pays_from_another_day_and_passes_neither(jump):
    budget = make_budget("0.20", period="day")
    times = [datetime(2026, 11, 15, 23 if jump > timedelta(0) else 0, 30, tzinfo=UTC)]

    async def go() -> list[int]:
        ledger = Ledger("one", Bank().connect, Clock(), lambda: times[-1])
        counts = []
        for at in (times[0], times[0] + jump, times[0]):
            times.append(at)
            counts.append(await admitted(ledger))
        return counts

    async def admitted(ledger: Ledger) -> int:
        count = 0
        with contextlib.suppress(NoRoom):
            while count < 10:
                await ledger.hold(DIME, [budget])
                count += 1
        return count

    assert asyncio.run(go()) == [2, 2, 0]
    assert {row.leased for row in Period.objects.all()} == {Decimal("0.20")}


def test_of_many_calls_one_waits_for_a_database_that_is_away_until_it_is_seen_again(monkeypatch):
    monkeypatch.setattr(ledgers, "TICK", 0.001)
    budget = make_budget("5")
    asked = 0

    class Slow(Bank):
        @asynccontextmanager
        async def connect(self):
            nonlocal asked
            asked += 1
            async with super().connect() as opened:
                yield opened

    async def refused(ledger: Ledger) -> bool:
        try:
            await ledger.hold(DIME, [budget])
        except NoRoom as error:
            return error.away
        return False

    async def go() -> None:
        bank = Slow()
        ledger = make_ledger(bank)
        bank.away = True
        assert await asyncio.gather(*(refused(ledger) for _ in range(20))) == [True] * 20
        assert asked == 1
        bank.away = False
        upkeep = asyncio.create_task(ledger.run())
        while await refused(ledger):  # noqa: ASYNC110 - its upkeep tells nobody
            await asyncio.sleep(0.001)
        upkeep.cancel()

    asyncio.run(go())


def test_a_dead_process_gives_back_what_it_did_not_spend():
    budget = make_budget("5")

    async def go() -> None:
        bank = Bank()
        dead = make_ledger(bank, "dead")
        hold = await dead.hold(DIME, [budget])
        async with bank.connect() as opened:
            async with opened.cursor() as cursor:
                await leasing.settle(cursor, dict.fromkeys(hold.leases, DIME))  # its spool was replayed
            await leasing.close(opened, "dead")
            await leasing.close(opened, "dead")  # twice changes nothing

    asyncio.run(go())
    assert facts(budget) == (DIME, 0, 0)


def test_the_lease_of_a_lost_host_counts_as_spent_and_its_late_records_do_not_count_again():
    budget = make_budget("5")

    async def go() -> None:
        bank = Bank()
        lost = make_ledger(bank, "lost")
        hold = await lost.hold(DIME, [budget])
        async with bank.connect() as opened:
            assert await leasing.lose(opened, datetime(2020, 1, 1, tzinfo=UTC)) == []
            assert await leasing.lose(opened, datetime(2099, 1, 1, tzinfo=UTC)) == list(hold.leases)
        await pay(bank, hold, DIME)

    asyncio.run(go())
    assert facts(budget) == (Lease.objects.get().granted, 0, 0)


def test_a_budget_that_was_raised_has_room_at_once():
    budget = make_budget("0.1")

    async def go() -> None:
        clock = Clock()
        bank = Bank()
        ledger = make_ledger(bank, clock=clock)
        await ledger.hold(DIME, [budget])
        with pytest.raises(NoRoom):
            await ledger.hold(DIME, [budget])
        async with bank.connect() as opened:
            await opened.execute("UPDATE budgets_budget SET amount = 1")
        clock.seconds += 1
        await ledger.hold(DIME, [budget])

    asyncio.run(go())


def test_a_budget_that_is_gone_has_no_room():
    budget = make_budget()
    Budget.objects.all().delete()

    async def go() -> None:
        with pytest.raises(NoRoom):
            await make_ledger(Bank()).hold(DIME, [Limit(budget.id, "day")])

    asyncio.run(go())


@pytest.mark.parametrize(
    ("kind", "at", "begins", "ends"),
    [
        ("day", datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "2026-12-31", "2027-01-01"),
        ("month", datetime(2024, 2, 29, tzinfo=UTC), "2024-02-01", "2024-03-01"),
    ],
)
def test_periods_are_half_open(kind, at, begins, ends):
    assert [edge.date().isoformat() for edge in period_of(kind, at)] == [begins, ends]
