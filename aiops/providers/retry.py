"""Whether, and after how long, a failed request is sent again.

Full jitter: the wait is drawn evenly from 0 to the back-off, so that clients that failed together do not come
back together (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
"""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from aiops.providers.errors import ProviderError, Timeout

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Policy:
    """`attempts` in all, the first included; times in seconds."""

    attempts: int = 4
    base: float = 0.5
    cap: float = 8.0
    longest_retry_after: float = 60.0

    def wait(self, error: ProviderError, attempt: int, remaining: float, chance: float) -> float | None:
        """Seconds to wait after `error` ended the `attempt`-th try (from 1), None to give up.

        `remaining` seconds are left until the deadline; `chance` is a random number from [0, 1).
        """
        if not error.retryable or attempt >= self.attempts:
            return None
        wait = chance * min(self.cap, self.base * 2.0 ** (attempt - 1))
        if error.retry_after is not None:
            wait = min(error.retry_after, self.longest_retry_after) + chance * self.base
        return wait if wait < remaining else None


ONCE = Policy(attempts=1)


def seconds_to_wait(header: str | None, now: datetime | None = None) -> float | None:
    """What `Retry-After` asks for, in seconds or as an HTTP date; None where it says nothing usable."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _until(header, now or datetime.now(UTC))
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(header: str, now: datetime) -> float:
    try:
        then = parsedate_to_datetime(header)
    except (ValueError, TypeError, IndexError):
        return math.nan
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())


async def persist(
    attempt: Callable[[], Awaitable[T]],
    *,
    timeout: float,
    policy: Policy,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    chance: Callable[[], float] = random.random,
) -> tuple[T, int]:
    """What `attempt` gives and the number of tries it took, all within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    number = 0
    while True:
        number += 1
        error: ProviderError
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                return await attempt(), number
        except TimeoutError:
            error = Timeout(f"No answer within {timeout:g} s.")
        except ProviderError as failure:
            error = failure
        wait = policy.wait(error, number, deadline - time.monotonic(), chance())
        if wait is None:
            error.attempts = number
            raise error
        await sleep(wait)
