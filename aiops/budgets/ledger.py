"""Money for calls under way, held in memory out of leases: no round trip for a call, and no budget passed.

A hold has to fit into the lease of every budget that applies. One that is short is enlarged by whole holds;
where the budget leaves no room the call is refused, and for a moment all others that would need more. A lease
is used only as long as our own monotonic clock says that the database still counts it as ours.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

import structlog
from psycopg import AsyncConnection, OperationalError

from aiops.budgets import leasing
from aiops.budgets.periods import period_of

log = structlog.get_logger(__name__)

ZERO = Decimal(0)
HOLDS = 64  # in a slice at most
SAFETY = 5.0  # seconds before a lease ends that we stop using it
RENEW_EVERY = 10.0
TICK = 1.0
AWAY_FOR = 5.0  # seconds in which no call waits for a database that did not answer; `run` looks each tick
REFUSED_FOR = 0.25  # seconds in which nobody asks again for a budget that had no room
Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection[Any]]]


class NoRoom(Exception):
    """`budget` leaves no room, and its period ends at `ends`. `away`: the database can't be asked."""

    def __init__(self, budget: "Limit", ends: datetime, *, away: bool = False) -> None:
        super().__init__(f"budget {budget.id}")
        self.budget = budget
        self.ends = ends
        self.away = away


class Limit(Protocol):
    """What the ledger has to know of a budget; the picture's have it."""

    @property
    def id(self) -> int: ...

    @property
    def period(self) -> Literal["day", "month"]: ...


@dataclass(slots=True)
class Account:
    """Our lease of one period. `free` is neither promised to a call nor used."""

    budget: Limit
    begins: datetime
    ends: datetime
    lease: int | None = None
    free: Decimal = ZERO
    promised: Decimal = ZERO
    valid_until: float = 0.0  # monotonic
    refused_until: float = 0.0
    asked_at: float = 0.0
    nearly: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def has(self, amount: Decimal, now: float) -> bool:
        return self.lease is not None and now < self.valid_until and self.free >= amount

    def forget(self) -> None:
        """The lease is no longer ours. What is promised out of it will be settled with the database."""
        self.lease, self.free, self.valid_until = None, ZERO, 0.0


class Hold:
    """Money promised to one attempt, out of all of `accounts`."""

    __slots__ = ("_accounts", "_settled", "id", "leases", "worst")

    def __init__(self, name: str, worst: Decimal, accounts: Sequence[Account]) -> None:
        self.id = name
        self.worst = worst
        self._accounts = tuple((account, account.lease) for account in accounts)
        self.leases = tuple(lease for _, lease in self._accounts if lease is not None)
        self._settled = False
        for account in accounts:
            account.free -= worst
            account.promised += worst

    def settle(self, cost: Decimal | None) -> None:
        """What was not needed is free at once; the rest is charged when the record arrives. Once only."""
        if self._settled:
            return
        self._settled = True
        rest = ZERO if cost is None else self.worst - cost
        for account, lease in self._accounts:
            account.promised -= self.worst
            if account.lease == lease:  # else the lease was lost meanwhile, and a new one knows nothing of it
                account.free += rest


class Ledger:
    """The leases of one process. `clock` is monotonic, `now` the time of day."""

    def __init__(
        self,
        instance: str,
        connect: Connect,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.instance = instance
        self._connect = connect
        self._clock = clock
        self._now = now
        self._accounts: dict[tuple[int, datetime], Account] = {}
        self._current: dict[int, Account] = {}  # of each budget, the account last asked for
        self._count = 0
        self._away_until = 0.0

    async def hold(self, worst: Decimal, budgets: Sequence[Limit]) -> Hold:
        """Promise `worst` USD out of every one of `budgets`. Raises NoRoom."""
        budgets = budgets if worst else ()  # what costs nothing fits everywhere
        accounts = [self._account(budget) for budget in sorted(budgets, key=lambda one: one.id)]
        while short := [one for one in accounts if not one.has(worst, self._clock())]:
            await self._enlarge(short[0], worst)
        self._count += 1
        return Hold(f"{self.instance}-{self._count}", worst, accounts)

    def nearly(self, budgets: Sequence[Limit]) -> bool:
        """Whether the soft share of one of them was passed when it was last asked."""
        return any(self._account(budget).nearly for budget in budgets)

    @property
    def held(self) -> Decimal:
        """What is promised to calls under way, counted once for each budget that it counts against."""
        return sum((account.promised for account in self._accounts.values()), ZERO)

    async def run(self) -> None:
        """Keep leases alive and give back what nobody asked for in a while. Until cancelled."""
        renewed = self._clock()
        while True:
            await asyncio.sleep(TICK)
            try:
                if self._clock() < self._away_until:
                    await self._look()
                await self._give_back_idle()
                if self._clock() - renewed >= RENEW_EVERY:
                    await self._renew()
                    renewed = self._clock()
            except (OperationalError, OSError) as error:
                self._away_until = self._clock() + AWAY_FOR
                log.warning("leases_wait", error=str(error).strip())

    async def close(self) -> None:
        """Give back everything that is free, at the end."""
        for account in self._accounts.values():
            await self._give_back(account)

    def _account(self, budget: Limit) -> Account:
        now = self._now()
        last = self._current.get(budget.id)
        if last is not None and last.begins <= now < last.ends and last.budget.period == budget.period:
            return last
        begins, ends = period_of(budget.period, now)
        known = self._accounts.get((budget.id, begins))
        if known is None:
            known = self._accounts[budget.id, begins] = Account(budget, begins, ends)
        self._current[budget.id] = known
        return known

    async def _enlarge(self, account: Account, worst: Decimal) -> None:
        """Return once the account may have enough; one asks, the others wait for what it brings."""
        async with account.lock:
            now = self._clock()
            if account.has(worst, now):
                return
            if now < account.refused_until and account.lease is not None:
                raise NoRoom(account.budget, account.ends)
            if now < self._away_until:
                raise NoRoom(account.budget, account.ends, away=True)
            await self._ask(account, worst, now)

    async def _look(self) -> None:
        """Whether the database is back."""
        async with self._connect() as connection:
            await connection.execute("SELECT 1")
        self._away_until = 0.0

    async def _ask(self, account: Account, worst: Decimal, now: float) -> None:
        try:
            async with self._connect() as connection:
                if account.lease is not None and now >= account.valid_until:
                    await self._prolong(connection, [account], now)
                    if account.has(worst, now):
                        return
                taken = await leasing.take(connection, self.instance, _wanted(account, worst))
        except (OperationalError, OSError):
            self._away_until = self._clock() + AWAY_FOR
            raise NoRoom(account.budget, account.ends, away=True) from None
        except KeyError:  # the budget was removed a moment ago: the next picture knows it
            raise NoRoom(account.budget, account.ends) from None
        if account.lease != taken.id:
            account.lease, account.free, account.valid_until = taken.id, ZERO, now + leasing.SECONDS - SAFETY
        account.nearly = taken.nearly
        account.asked_at = now
        account.free += taken.part
        if not taken.part:
            account.refused_until = now + REFUSED_FOR
            raise NoRoom(account.budget, account.ends)

    async def _renew(self) -> None:
        open_ones = [account for account in self._accounts.values() if account.lease is not None]
        if not open_ones:
            return
        async with self._connect() as connection:
            await self._prolong(connection, open_ones, self._clock())
        over = [key for key, one in self._accounts.items() if one.ends < self._now() and not one.promised]
        for key in over:
            account = self._accounts.pop(key)
            if self._current.get(account.budget.id) is account:
                del self._current[account.budget.id]
            await self._give_back(account)

    async def _prolong(
        self, connection: AsyncConnection[Any], accounts: Sequence[Account], now: float
    ) -> None:
        """From `now`, before the database is asked, they are ours for another while, or no more."""
        alive = await leasing.renew(connection, [one.lease for one in accounts if one.lease is not None])
        for account in accounts:
            if account.lease in alive:
                account.valid_until = now + leasing.SECONDS - SAFETY
            else:
                account.forget()

    async def _give_back_idle(self) -> None:
        idle = self._clock() - TICK
        for account in list(self._accounts.values()):
            if account.asked_at < idle and account.free > 0:
                await self._give_back(account)

    async def _give_back(self, account: Account) -> None:
        async with account.lock:
            amount, account.free = account.free, ZERO  # nobody may spend it meanwhile
            if account.lease is None or not amount:
                return
            try:
                async with self._connect() as connection:
                    ours = await leasing.give_back(connection, account.lease, amount)
            except BaseException:
                account.free += (
                    amount  # it may have been given back: then the lease is short, never the budget
                )
                account.valid_until = 0.0
                raise
            if not ours:
                account.forget()


def _wanted(account: Account, worst: Decimal) -> leasing.Wanted:
    missing = worst - account.free
    return leasing.Wanted(account.budget.id, account.begins, account.ends, worst, missing, HOLDS)
