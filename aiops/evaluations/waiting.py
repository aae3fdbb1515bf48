"""Following a run from a shell until it is over; where no worker takes it, it is done here."""

import time
from collections.abc import Callable

from aiops.evaluations import claims, runner
from aiops.evaluations.models import Run
from aiops.evaluations.timing import timing

Tell = Callable[[Run], None]
POLL = 0.2  # seconds
TELL_EVERY = 1.0


class OutOfTime(BaseException):
    """The run is not over within the time given. Like an interrupt it ends the work; no case is to blame."""


class Follower:
    """Tells how a run goes, once a second, and says when its time is up."""

    def __init__(self, run: Run, tell: Tell, seconds: float | None) -> None:
        self.run = run
        self._tell = tell
        self._told = 0.0
        self._ends = None if seconds is None else time.monotonic() + seconds

    def look(self) -> None:
        """Read the run's row, and tell."""
        self.run = Run.objects.get(pk=self.run.pk)
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            self._tell(self.run)

    @property
    def late(self) -> bool:
        return self._ends is not None and time.monotonic() > self._ends and self.run.is_active


def follow(run: Run, tell: Tell, seconds: float | None = None) -> Run:
    """Wait until `run` is over and return it; `tell` hears of its progress. Raises OutOfTime."""
    follower = Follower(run, tell, seconds)

    def look_and_halt() -> None:
        follower.look()
        if follower.late:
            raise OutOfTime

    nobody_until = time.monotonic() + timing().look_for_workers
    while True:
        look_and_halt()
        if not follower.run.is_active:
            return follower.run
        if follower.run.state == Run.State.QUEUED and time.monotonic() > nobody_until:
            runner.run_inline(run.pk, look=look_and_halt)
            continue
        claims.reclaim_lost()
        claims.settle_run(run.pk)
        time.sleep(POLL)
