"""The results that a worker has and has not written yet, and when it writes them."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection

from aiops.evaluations import store
from aiops.evaluations.claims import Claim
from aiops.evaluations.models import Run
from aiops.evaluations.timing import timing

log = structlog.get_logger(__name__)


class Batch:
    """Rows of one shard (see `rows.py`). A write without rows is the shard's heartbeat.

    `look` is called after every write; `halted` once the run is over, whoever ended it.
    """

    def __init__(self, claim: Claim, look: Callable[[], None] | None = None) -> None:
        self.claim = claim
        self.look = look
        self.timing = timing()
        self.rows: list[dict[str, Any]] = []
        self.flushed_at = time.monotonic()
        self.halted = False

    @property
    def due_at(self) -> float:
        """When the next write is due, by the monotonic clock."""
        return self.flushed_at + (self.timing.batch if self.rows else self.timing.heartbeat)

    @property
    def due(self) -> bool:
        return len(self.rows) >= self.timing.batch_results or time.monotonic() >= self.due_at

    def flush(self, write: Callable[[], store.Written] | None = None) -> store.Written:
        """Write what there is; `write` where more than the rows is to be said."""
        written: store.Written = self.patiently(write or self._write)
        self.rows = []
        self.flushed_at = time.monotonic()
        if self.look is not None:
            self.look()
        if written.state not in Run.ACTIVE:
            self.halted = True
        return written

    def _write(self) -> store.Written:
        return store.write(self.claim, self.rows)

    def patiently(self, act: Callable[..., Any], *args: Any) -> Any:
        """Do `act`; while the database is away try again, results staying in memory meanwhile."""
        deadline = time.monotonic() + self.timing.database_patience
        pause = 0.05
        while True:
            try:
                return act(*args)
            except (OperationalError, InterfaceError):
                if time.monotonic() > deadline or connection.in_atomic_block:
                    raise
                log.warning("database_away", shard=self.claim.shard.id, results_waiting=len(self.rows))
                connection.close()
                time.sleep(pause)
                pause = min(2 * pause, 1.0)
