"""Requests and tokens in a minute, and calls at once: limits that hold over all processes together.

A process takes slices of a minute's allowance from Redis, a hundredth of it each, and spends them in memory:
most calls need no round trip, and the sum over all processes never passes the limit. Without Redis each
process keeps its share of the limit by itself. Calls at once are counted by each process against its share,
which is one at least (ADR 0074).
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

WINDOW = 60  # seconds
SLICES = 100
RETRY = 1.0  # seconds in which a Redis that failed is left alone
PROBE = "aiops:limit:probe"


class Counter(Protocol):
    """What is needed of Redis."""

    async def add(self, key: str, amount: int, expire: int) -> int:
        """Raise `key` by `amount` and return it; it goes away `expire` seconds after it was made."""
        ...


class Full(Exception):
    """The limit `scope` leaves no room for `seconds` more."""

    def __init__(self, scope: str, what: str, limit: int, seconds: float) -> None:
        super().__init__(f"{scope}: {what}")
        self.scope = scope
        self.what = what
        self.limit = limit
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Bound:
    """The limits of one scope, such as "tenant:acme". None: no limit."""

    scope: str
    requests: int | None = None
    tokens: int | None = None
    at_once: int | None = None


@dataclass(slots=True)
class _Window:
    number: int = -1
    granted: int = 0
    used: int = 0
    total: int = 0  # of all processes, as far as known
    full: bool = False


@dataclass(slots=True)
class Entered:
    """A call inside; `leave` once."""

    limits: "Limits"
    scopes: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    left: bool = False

    def leave(self) -> None:
        if not self.left:
            self.left = True
            self.limits.release(self.scopes)


class Limits:
    """One process's part in all limits; `processes`: how many share them.

    `now` in seconds since 1970: minutes are the same for all. `clock` is monotonic.
    """

    def __init__(
        self,
        counter: Counter | None,
        processes: Callable[[], int] = lambda: 1,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counter = counter
        self._processes = processes
        self._now = now
        self._clock = clock
        self._away = counter is None
        self._windows: dict[tuple[str, str], _Window] = {}
        self._inside: dict[str, int] = {}
        self._away_until = 0.0

    @property
    def local_only(self) -> bool:
        """Whether Redis is away, so that each process keeps its share by itself."""
        return self._away

    async def run(self) -> None:
        """See that Redis goes or comes back, also while no call needs it. Until cancelled."""
        while True:
            await asyncio.sleep(RETRY)
            await self._total(PROBE, 0)

    async def enter(self, bounds: Sequence[Bound], tokens: int) -> Entered:
        """Count a call of about `tokens` tokens against all `bounds`. Raises Full; then nothing counts."""
        for bound in bounds:
            share = self._share(bound.at_once)
            if share is not None and self._inside.get(bound.scope, 0) >= share:
                raise Full(bound.scope, "calls at once", bound.at_once or 0, 1.0)
        for bound in bounds:
            await self._count(bound, "requests", bound.requests, 1)
            await self._count(bound, "tokens", bound.tokens, tokens)
        scopes = tuple(bound.scope for bound in bounds if bound.at_once is not None)
        for scope in scopes:
            self._inside[scope] = self._inside.get(scope, 0) + 1
        return Entered(self, scopes, self.headers(bounds))

    def release(self, scopes: Sequence[str]) -> None:
        for scope in scopes:
            left = self._inside.get(scope, 1) - 1
            if left:
                self._inside[scope] = left
            else:
                self._inside.pop(scope, None)

    def headers(self, bounds: Sequence[Bound]) -> dict[str, str]:
        """The x-ratelimit headers of whichever limit has least left."""
        found: dict[str, str] = {}
        for what in ("requests", "tokens"):
            least: tuple[int, int] | None = None  # left, of how many
            for bound in bounds:
                limit = bound.requests if what == "requests" else bound.tokens
                if limit and (least is None or self._left(bound.scope, what, limit) < least[0]):
                    least = (self._left(bound.scope, what, limit), limit)
            if least is not None:
                found[f"x-ratelimit-limit-{what}"] = str(least[1])
                found[f"x-ratelimit-remaining-{what}"] = str(least[0])
                found[f"x-ratelimit-reset-{what}"] = f"{WINDOW - self._now() % WINDOW:.0f}s"
        return found

    async def _count(self, bound: Bound, what: str, limit: int | None, amount: int) -> None:
        if limit is None:
            return
        window = self._window(bound.scope, what)
        asked = -1  # for which minute: it may go by while we ask, and another call begin the next
        while window.used + amount > window.granted and not window.full and asked != window.number:
            asked = window.number
            await self._grant(window, f"aiops:limit:{bound.scope}:{what}", limit, amount)
        if window.used + amount > window.granted:
            raise Full(bound.scope, f"{what} a minute", limit, WINDOW - self._now() % WINDOW)
        window.used += amount

    async def _grant(self, window: _Window, key: str, limit: int, amount: int) -> None:
        number = window.number
        wanted = max(amount, -(-limit // SLICES))
        total = await self._total(f"{key}:{number}", wanted)
        if total is None:  # by ourselves
            window.granted = max(window.granted, self._share(limit) or 0)
            return
        if window.number != number:  # the minute went by while we asked
            return
        window.total = max(window.total, total)
        window.granted += max(0, wanted - max(0, total - limit))
        window.full = total >= limit

    async def _total(self, key: str, amount: int) -> int | None:
        if self._counter is None or self._clock() < self._away_until:
            return None
        try:
            total = await self._counter.add(key, amount, 2 * WINDOW)
        except (RedisError, OSError) as error:
            self._away_until = self._clock() + RETRY
            if not self._away:
                log.warning("limits_local", error=str(error))
            self._away = True
            return None
        if self._away:
            log.warning("limits_shared")
        self._away = False
        return total

    def _window(self, scope: str, what: str) -> _Window:
        window = self._windows.get((scope, what))
        if window is None:
            window = self._windows[scope, what] = _Window()
        number = int(self._now() // WINDOW)
        if window.number != number:
            window.number, window.granted, window.used, window.total, window.full = number, 0, 0, 0, False
            if len(self._windows) > 10_000:
                self._forget(number)
        return window

    def _forget(self, number: int) -> None:
        for key in [key for key, window in self._windows.items() if window.number != number]:
            del self._windows[key]

    def _left(self, scope: str, what: str, limit: int) -> int:
        window = self._window(scope, what)
        return max(0, limit - max(window.used, window.total - (window.granted - window.used)))

    def _share(self, limit: int | None) -> int | None:
        return None if limit is None else max(1, limit // max(1, self._processes()))
