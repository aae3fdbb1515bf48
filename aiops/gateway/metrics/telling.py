"""Where the figures come from: each record, and now and then how the process and the budgets stand."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from psycopg import OperationalError

from aiops.gateway.metrics.figures import Figures
from aiops.gateway.ports import Recorder
from aiops.gateway.stores.pool import Connect

log = structlog.get_logger(__name__)

EVERY = 1.0  # seconds
BUDGETS_EVERY = 15  # of those


class CountedRecorder:
    """The port `Recorder`: what is written is counted too. A figure that cannot be counted stops nothing."""

    def __init__(self, recorder: Recorder, figures: Figures) -> None:
        self._recorder = recorder
        self._figures = figures

    def write(self, record: Mapping[str, Any]) -> None:
        self._recorder.write(record)
        try:
            self._figures.count(record)
        except OSError as error:  # a disk that is full
            log.warning("not_counted", error=str(error))

    def feedback(self, remark: Mapping[str, Any]) -> None:
        self._recorder.feedback(remark)


class Standing:
    """Says how the process and the budgets stand."""

    def __init__(self, figures: Figures, connect: Connect, now: Callable[[], tuple[float, int]]) -> None:
        self._figures = figures
        self._connect = connect
        self._now = now

    async def run(self) -> None:
        """Until cancelled."""
        turn = 0
        while True:
            await self.say(budgets=turn % BUDGETS_EVERY == 0)
            turn += 1
            await asyncio.sleep(EVERY)

    async def say(self, *, budgets: bool = True) -> None:
        age, spooled = self._now()
        try:
            self._figures.hand_over()
            self._figures.now(age=age, spooled=spooled)
            if budgets:
                self._figures.left(await self._budgets())
        except (OperationalError, OSError) as error:
            log.warning("not_told", error=str(error).strip())

    async def _budgets(self) -> list[Any]:
        async with self._connect() as connection:
            return await (await connection.execute(_BUDGETS)).fetchall()


_BUDGETS = """
SELECT b.id, b.period, coalesce(f.slug, ''), coalesce(t.slug, ''), b.amount - coalesce(p.spent, 0)
FROM budgets_budget b
LEFT JOIN features_feature f ON f.id = b.feature_id
LEFT JOIN tenants_tenant t ON t.id = b.tenant_id
LEFT JOIN budgets_period p
  ON p.budget_id = b.id AND p.begins <= clock_timestamp() AND p.ends > clock_timestamp()
ORDER BY b.id
"""
