"""Leases in the database: the statements that keep budgets. Each is one transaction, right whoever else runs.

For an open lease `granted - settled` is part of its period's `leased`. Taking raises both; giving back lowers
both; settling moves from `leased` to `spent`. What is settled beyond a lease is an overrun: the vendor billed
more than was held. Periods are locked first and in their order, then leases: so nobody waits in a circle.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import AsyncConnection, AsyncCursor

SECONDS = 45  # that a lease lives without being renewed

EXISTS = "SELECT 1 FROM budgets_budget WHERE id = %(budget)s FOR KEY SHARE"
PERIOD = """
INSERT INTO budgets_period (budget_id, begins, ends, spent, leased, overrun)
VALUES (%(budget)s, %(begins)s, %(ends)s, 0, 0, 0) ON CONFLICT (budget_id, begins) DO NOTHING
"""
# As many whole holds as asked for, but no more than an eighth of what is left, so that slices shrink near the
# limit; at the limit just what is missing for one.
TAKE = """
WITH place AS (
  SELECT period.id, budget.hard, budget.amount, budget.soft_share, period.spent + period.leased AS gone
  FROM budgets_period AS period JOIN budgets_budget AS budget ON budget.id = period.budget_id
  WHERE period.budget_id = %(budget)s AND period.begins = %(begins)s FOR NO KEY UPDATE OF period
), share AS (
  SELECT id, gone, amount, soft_share, CASE
    WHEN NOT hard THEN %(missing)s::numeric + (%(holds)s - 1) * %(worst)s::numeric
    WHEN gone + %(missing)s > amount THEN 0
    ELSE %(missing)s::numeric + %(worst)s::numeric * greatest(0,
      least(%(holds)s, CASE WHEN %(worst)s::numeric > 0 THEN floor((amount - gone) / %(worst)s::numeric / 8)
        ELSE %(holds)s END) - 1)
  END AS part FROM place
), taken AS (
  UPDATE budgets_period AS period SET leased = period.leased + share.part
  FROM share WHERE period.id = share.id RETURNING period.id
), lease AS (
  INSERT INTO budgets_lease (period_id, instance, granted, settled, state, expires_at, created_at)
  SELECT share.id, %(instance)s, share.part, 0, 'open', clock_timestamp() + %(seconds)s * interval '1 second',
    clock_timestamp()
  FROM share JOIN taken ON taken.id = share.id
  ON CONFLICT (period_id, instance) WHERE state = 'open'
  DO UPDATE SET granted = budgets_lease.granted + excluded.granted
  RETURNING id
)
SELECT lease.id, share.part, share.gone, share.amount, share.soft_share FROM lease, share
"""
LOCK = """
SELECT id FROM budgets_period
WHERE id IN (SELECT period_id FROM budgets_lease WHERE id = ANY(%(leases)s)) ORDER BY id FOR NO KEY UPDATE
"""
GIVE_BACK = """
WITH lease AS (
  UPDATE budgets_lease SET granted = granted - %(amount)s
  WHERE id = %(lease)s AND state = 'open' AND granted - settled >= %(amount)s RETURNING period_id
)
UPDATE budgets_period SET leased = leased - %(amount)s FROM lease WHERE id = lease.period_id RETURNING id
"""
RENEW = """
UPDATE budgets_lease SET expires_at = clock_timestamp() + %(seconds)s * interval '1 second'
WHERE id = ANY(%(leases)s) AND state = 'open' RETURNING id
"""
SETTLE = """
WITH given AS (
  SELECT * FROM unnest(%(leases)s::bigint[], %(amounts)s::numeric[]) AS given(id, amount)
), lease AS (
  SELECT lease.id, lease.period_id, lease.state, given.amount,
    least(given.amount, greatest(lease.granted - lease.settled, 0)) AS covered
  FROM budgets_lease AS lease JOIN given ON given.id = lease.id ORDER BY lease.id FOR NO KEY UPDATE OF lease
), marked AS (
  UPDATE budgets_lease SET settled = budgets_lease.settled + lease.amount
  FROM lease WHERE budgets_lease.id = lease.id RETURNING budgets_lease.id
), total AS (
  SELECT period_id, sum(covered) FILTER (WHERE state = 'open') AS moved,
    sum(amount) FILTER (WHERE state <> 'lost') AS fresh,
    sum(amount - covered) AS beyond, sum(amount - covered) FILTER (WHERE state = 'lost') AS late
  FROM lease GROUP BY period_id
)
UPDATE budgets_period AS period SET
  leased = greatest(period.leased - coalesce(total.moved, 0), 0),
  spent = period.spent + coalesce(total.fresh, 0) + coalesce(total.late, 0),
  overrun = period.overrun + total.beyond
FROM total WHERE period.id = total.period_id
"""
LOCK_OF = """
SELECT id FROM budgets_period WHERE id IN (SELECT period_id FROM budgets_lease
  WHERE state = 'open' AND (instance = %(instance)s OR expires_at < %(before)s)) ORDER BY id FOR NO KEY UPDATE
"""
CLOSE = """
WITH lease AS (
  UPDATE budgets_lease SET state = 'closed', granted = settled
  FROM (SELECT id, greatest(granted - settled, 0) AS rest FROM budgets_lease
        WHERE instance = %(instance)s AND state = 'open' FOR NO KEY UPDATE) AS old
  WHERE budgets_lease.id = old.id RETURNING period_id, old.rest
), total AS (SELECT period_id, sum(rest) AS rest FROM lease GROUP BY period_id)
UPDATE budgets_period AS period SET leased = greatest(period.leased - total.rest, 0)
FROM total WHERE period.id = total.period_id
"""
LOSE = """
WITH lease AS (
  UPDATE budgets_lease SET state = 'lost'
  WHERE state = 'open' AND (instance = %(instance)s OR expires_at < %(before)s)
  RETURNING id, period_id, greatest(granted - settled, 0) AS rest
), total AS (SELECT period_id, sum(rest) AS rest FROM lease GROUP BY period_id), moved AS (
  UPDATE budgets_period AS period SET leased = greatest(period.leased - total.rest, 0),
    spent = period.spent + total.rest
  FROM total WHERE period.id = total.period_id
)
SELECT id, rest FROM lease
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """For a hold of `worst` USD `missing` are needed; `holds` such holds would be taken along."""

    budget: int
    begins: datetime
    ends: datetime
    worst: Decimal
    missing: Decimal
    holds: int


@dataclass(frozen=True, slots=True)
class Taken:
    """`part` USD were added to lease `id`; 0: they did not fit. `nearly`: the soft share is passed."""

    id: int
    part: Decimal
    nearly: bool


async def take(connection: AsyncConnection[Any], instance: str, wanted: Wanted) -> Taken:
    """Enlarge this instance's lease of the period, or open one. KeyError where the budget is gone."""
    values = values_of(instance, wanted)
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(EXISTS, values)
        if await cursor.fetchone() is None:
            raise KeyError(wanted.budget)
        await cursor.execute(PERIOD, values)
        await cursor.execute(TAKE, values)
        return taken_of(wanted, await cursor.fetchone())


def values_of(instance: str, wanted: Wanted) -> dict[str, Any]:
    """What EXISTS, PERIOD and TAKE, which belong into one transaction, need to know."""
    return {
        "budget": wanted.budget, "begins": wanted.begins, "ends": wanted.ends, "worst": wanted.worst,
        "missing": wanted.missing, "holds": wanted.holds, "instance": instance, "seconds": SECONDS,
    }  # fmt: skip  # pairs, read as a table


def taken_of(wanted: Wanted, row: tuple[Any, ...] | None) -> Taken:
    """What TAKE answered. KeyError where the budget is gone."""
    if row is None:
        raise KeyError(wanted.budget)
    lease, part, gone, amount, soft_share = row
    return Taken(id=lease, part=part, nearly=gone + part >= amount * soft_share)


async def give_back(connection: AsyncConnection[Any], lease: int, amount: Decimal) -> bool:
    """Return what is not promised to any call. False where the lease is no longer ours."""
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(LOCK, {"leases": [lease]})
        await cursor.execute(GIVE_BACK, {"lease": lease, "amount": amount})
        return await cursor.fetchone() is not None


async def renew(connection: AsyncConnection[Any], leases: list[int]) -> set[int]:
    """Keep the leases alive; those that are no longer ours are missing in the answer."""
    async with connection.cursor() as cursor:
        await cursor.execute(RENEW, {"leases": leases, "seconds": SECONDS})
        return {row[0] for row in await cursor.fetchall()}


async def settle(cursor: AsyncCursor[Any], amounts: Mapping[int, Decimal]) -> None:
    """Charge leases with what calls cost, inside the caller's transaction, which keeps each call once."""
    leases = sorted(amounts)
    await cursor.execute(LOCK, {"leases": leases})
    await cursor.execute(SETTLE, {"leases": leases, "amounts": [amounts[lease] for lease in leases]})


async def close(connection: AsyncConnection[Any], instance: str) -> None:
    """The instance is gone and all that it spent has been settled: what it still had goes back."""
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(LOCK_OF, {"instance": instance, "before": None})
        await cursor.execute(CLOSE, {"instance": instance})


async def lose(connection: AsyncConnection[Any], before: datetime) -> list[int]:
    """Leases that ended before `before` and whose host is gone: all of them counts as spent. Their ids."""
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(LOCK_OF, {"instance": None, "before": before})
        await cursor.execute(LOSE, {"instance": None, "before": before})
        return [row[0] for row in await cursor.fetchall()]
