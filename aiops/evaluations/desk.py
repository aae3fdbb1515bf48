"""The callers of one worker, one for each provider that it asks; what comes of their calls comes together."""

import queue
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Self

from aiops.catalog.models import Provider
from aiops.evaluations.caller import Caller, Job, Outcome, gathered
from aiops.providers.protocol import ChatProvider

PATIENCE = (
    4  # times the provider's timeout for one answer with its retries: nobody waits, so rate limits may pass
)


class Desk:
    """As a context it opens a caller for each provider in `slots` (provider id -> calls at once)."""

    def __init__(
        self,
        providers: Sequence[Provider],
        slots: Mapping[int, int],
        open_provider: Callable[[Provider], ChatProvider],
    ) -> None:
        self.slots = slots
        self.outstanding: Counter[int] = Counter()
        self._outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._callers = {row.pk: self._caller(row, open_provider) for row in providers}
        self._stack = ExitStack()

    def _caller(self, row: Provider, open_provider: Callable[[Provider], ChatProvider]) -> Caller:
        opened = partial(open_provider, row)
        return Caller(opened, self.slots[row.pk], PATIENCE * row.timeout_seconds, self._outcomes)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for caller in self._callers.values():
                stack.enter_context(caller)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def busy(self) -> bool:
        """Whether calls are under way or queued."""
        return self.outstanding.total() > 0

    def room(self, provider: int | None) -> int:
        """How many cases may be put to a provider (None: to nobody, here), none while any other is behind.

        Up to three times as many jobs are queued as run at once, and new ones only when a third of them is
        over, since each submission wakes the other thread.
        """
        free = {
            row: 3 * slots - self.outstanding[row] if self.outstanding[row] <= 2 * slots else 0
            for row, slots in self.slots.items()
        }
        most = min(free.values()) if provider is None else free[provider]
        return most if all(free.values()) else 0

    def submit(self, jobs: Iterable[Job]) -> None:
        """Queue `jobs` with their providers, however many."""
        by_provider: dict[int, list[Job]] = {}
        for job in jobs:
            by_provider.setdefault(job.provider, []).append(job)
        for provider, theirs in by_provider.items():
            self.outstanding[provider] += len(theirs)
            self._callers[provider].submit(theirs)

    def take(self, seconds: float) -> list[Outcome]:
        """All outcomes that are there, after waiting up to `seconds` for a first one."""
        outcomes = gathered(self._outcomes, seconds)
        for outcome in outcomes:
            self.outstanding[outcome.job.provider] -= 1
        return outcomes

    def drop(self) -> list[Job]:
        """Take back the jobs that have not been started."""
        dropped = [job for caller in self._callers.values() for job in caller.drop()]
        for job in dropped:
            self.outstanding[job.provider] -= 1
        return dropped
