"""Money for work that passes no gateway: evaluations, judges, the playground. By Django's connection.

The rules are the ledger's: a hold has to fit into the lease of every budget that applies, leases are taken in
slices and used from memory, none longer than our own clock says that it is ours. What was really spent is
charged in the transaction that writes the results. What a process had when it died, and no result accounts
for, counts as spent (`actions.lose_leases_of`).
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from django.db import connection, transaction
from django.db.models import F, Q

from aiops.budgets import leasing
from aiops.budgets.ledger import REFUSED_FOR, RENEW_EVERY, SAFETY, Account, Hold, NoRoom
from aiops.budgets.models import Budget, Lease, Period
from aiops.budgets.periods import period_of
from aiops.core import clock as core_clock
from aiops.core.money import ZERO, usd

HOLDS = 8  # in a slice at least


@dataclass(frozen=True, slots=True)
class Applying:
    """A budget that has to be asked."""

    id: int
    period: Literal["day", "month"]


class Spending:
    """The leases of one worker, of whatever counts for `tenant` and `feature` (their slugs).

    `instance` is nobody else's. A slice has `holds` holds at most. `clock` is monotonic.
    """

    def __init__(
        self,
        instance: str,
        tenant: str,
        feature: str,
        *,
        holds: int = HOLDS,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = core_clock.now,
    ) -> None:
        self.instance = instance
        self._whose = Q(tenant=None) | Q(tenant__slug=tenant), Q(feature=None) | Q(feature__slug=feature)
        self._holds = holds
        self._clock = clock
        self._now = now
        self._budgets: list[Applying] = []
        self._read_at = -math.inf
        self._renewed_at = clock()
        self._accounts: dict[tuple[int, datetime], Account] = {}
        self._count = 0

    def hold(self, worst: Decimal) -> Hold:
        """Promise `worst` USD out of every budget that applies. Raises NoRoom."""
        while True:
            try:
                return self._hold(worst)
            except KeyError:  # a budget was removed a moment ago
                self._read_at = -math.inf

    def keep(self) -> None:
        """Call every few seconds while there is work: renew leases, give those of past periods back."""
        now = self._clock()
        if now - self._renewed_at < RENEW_EVERY:
            return
        self._prolong([one for one in self._accounts.values() if one.lease is not None], now)
        self._renewed_at = now
        over = [key for key, one in self._accounts.items() if one.ends < self._now() and not one.promised]
        for key in over:
            self._give_back(self._accounts.pop(key))

    def surrender(self) -> None:
        """Give back all that is not promised, so that others can have it; then ask the database anew."""
        for account in self._accounts.values():
            self._give_back(account)
            account.refused_until = 0.0

    def close(self) -> None:
        """The work is over and all that it spent is charged: what is left goes back."""
        self._accounts.clear()
        close(self.instance)

    def _hold(self, worst: Decimal) -> Hold:
        accounts = [self._account(budget) for budget in self._applying()] if worst else []
        while short := [one for one in accounts if not one.has(worst, self._clock())]:
            self._enlarge(short[0], worst)
        self._count += 1
        return Hold(f"{self.instance}-{self._count}", worst, accounts)

    def _applying(self) -> Sequence[Applying]:
        """Read now and then, since people set and remove budgets; what is left of them is never read here."""
        if self._clock() - self._read_at >= RENEW_EVERY:
            rows = Budget.objects.filter(*self._whose).order_by("id").values_list("id", "period")
            self._budgets = [Applying(pk, "day" if kind == "day" else "month") for pk, kind in rows]
            self._read_at = self._clock()
        return self._budgets

    def _account(self, budget: Applying) -> Account:
        begins, ends = period_of(budget.period, self._now())
        known = self._accounts.get((budget.id, begins))
        if known is None:
            known = self._accounts[budget.id, begins] = Account(budget, begins, ends)
        return known

    def _enlarge(self, account: Account, worst: Decimal) -> None:
        now = self._clock()
        if now < account.refused_until:
            raise NoRoom(account.budget, account.ends)
        if account.lease is not None and now >= account.valid_until:
            self._prolong([account], now)
            if account.has(worst, now):
                return
        taken = self._take(account, worst)
        if account.lease != taken.id:
            account.lease, account.free = taken.id, ZERO
            account.valid_until = now + leasing.SECONDS - SAFETY
        account.free += taken.part
        if not taken.part:
            account.refused_until = now + REFUSED_FOR
            raise NoRoom(account.budget, account.ends)

    def _take(self, account: Account, worst: Decimal) -> leasing.Taken:
        wanted = leasing.Wanted(
            account.budget.id, account.begins, account.ends, worst, worst - account.free, self._holds
        )
        with transaction.atomic(), connection.cursor() as cursor:
            values = leasing.values_of(self.instance, wanted)
            cursor.execute(leasing.EXISTS, values)
            if cursor.fetchone() is None:
                raise KeyError(wanted.budget)
            cursor.execute(leasing.PERIOD, values)
            cursor.execute(leasing.TAKE, values)
            return leasing.taken_of(wanted, cursor.fetchone())

    def _prolong(self, accounts: Sequence[Account], now: float) -> None:
        with connection.cursor() as cursor:
            leases = [one.lease for one in accounts]
            cursor.execute(leasing.RENEW, {"leases": leases, "seconds": leasing.SECONDS})
            alive = {row[0] for row in cursor.fetchall()}
        for account in accounts:
            if account.lease in alive:
                account.valid_until = now + leasing.SECONDS - SAFETY
            else:
                account.forget()

    def _give_back(self, account: Account) -> None:
        amount, account.free = account.free, ZERO
        if account.lease is None or not amount:
            return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(leasing.LOCK, {"leases": [account.lease]})
            cursor.execute(leasing.GIVE_BACK, {"lease": account.lease, "amount": amount})
            if cursor.fetchone() is None:
                account.forget()


@transaction.atomic
def close(instance: str) -> None:
    """`instance` is done and all that it spent is charged: what it still has goes back."""
    with connection.cursor() as cursor:
        cursor.execute(leasing.LOCK_OF, {"instance": instance, "before": None})
        cursor.execute(leasing.CLOSE, {"instance": instance})


def settled(holds: Iterable[Hold], cost: Decimal) -> dict[int, Decimal]:
    """End `holds`, which together paid for what cost `cost` USD; what to charge each lease with.

    Each hold bears up to its worst case, the last one whatever is left.
    """
    found: dict[int, Decimal] = {}
    rest = list(holds)
    while rest:
        hold = rest.pop(0)
        part = min(cost, hold.worst) if rest else cost
        cost -= part
        hold.settle(part)
        for lease in hold.leases:
            found[lease] = found.get(lease, ZERO) + part
    return found


def charge(amounts: Iterable[Mapping[int, Decimal]]) -> None:
    """Charge leases, inside the caller's transaction, which keeps each result once."""
    total: dict[int, Decimal] = {}
    for one in amounts:
        for lease, amount in one.items():
            total[lease] = total.get(lease, ZERO) + amount
    if not total:
        return
    leases = sorted(total)
    with connection.cursor() as cursor:
        cursor.execute(leasing.LOCK, {"leases": leases})
        cursor.execute(leasing.SETTLE, {"leases": leases, "amounts": [total[lease] for lease in leases]})


def leases_of(instance: str) -> list[int]:
    """The leases that `instance` has, open or lost."""
    return list(Lease.objects.filter(instance=instance).order_by("id").values_list("id", flat=True))


def out_with(prefix: str, *, but: str) -> bool:
    """Whether others than `but`, their names beginning with `prefix`, have money that may come back."""
    others = Lease.objects.filter(state=Lease.State.OPEN, instance__startswith=prefix).exclude(instance=but)
    return others.filter(granted__gt=F("settled")).exists()


def refusal(refused: NoRoom) -> str:
    """Why there is no room, and what helps, for people."""
    budget = Budget.objects.select_related("tenant", "feature").filter(pk=refused.budget.id).first()
    if budget is None:
        return "A budget left no room, and was removed since: try again."
    begins, _ = period_of(refused.budget.period, core_clock.now())
    gone = Period.objects.filter(budget=budget, begins=begins).values_list(
        F("spent") + F("leased"), flat=True
    )
    left = max(ZERO, budget.amount - (gone.first() or ZERO))
    until = f"{refused.ends.day} {refused.ends:%b}"
    room = f"({usd(left)} of {usd(budget.amount)} left)"
    return f"The {budget} leaves no room {room}: raise it or wait until {until}."
