"""The port `Limiter`: requests, tokens and calls at once, over all processes."""

from collections.abc import Mapping
from typing import Any, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from aiops.budgets.limits import Bound, Entered, Full, Limits
from aiops.features.policy import BreakerPolicy, Limit
from aiops.gateway.errors import OverLimit
from aiops.gateway.messages import Call

MOST_KNOWN = 10_000


class PolicyLimiter:
    """The port `Limiter`: the limits of the call's feature, of its tenant there, and of its key."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: dict[tuple[str, str, str], tuple[object, list[Bound]]] = {}  # the feature, its bounds

    def headers(self, call: Call) -> Mapping[str, str]:
        return self._limits.headers(self._bounds(call))

    async def enter(self, call: Call, tokens: int) -> Entered:
        try:
            return await self._limits.enter(self._bounds(call), tokens)
        except Full as full:
            words = f"The limit of {full.limit:,} {full.what} ({full.scope}) is reached."
            raise OverLimit(words, retry_after=full.seconds) from None

    def _bounds(self, call: Call) -> list[Bound]:
        """Worked out again when the feature has changed: a picture has others than the one before."""
        whose = (call.feature.slug, call.tenant, call.key.id)
        known = self._known.get(whose)
        if known is None or known[0] is not call.feature:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            known = self._known[whose] = (call.feature, _bounds(*whose, call.feature.policy.breaker))
        return known[1]


def _bounds(feature: str, tenant: str, key: str, policy: BreakerPolicy) -> list[Bound]:
    """Of the scopes that have a limit."""
    scopes = {
        f"feature:{feature}": policy.feature,
        f"tenant:{feature}:{tenant}": policy.tenant,
        f"key:{feature}:{key}": policy.key,
    }
    return [_bound(scope, limit) for scope, limit in scopes.items() if any(limit.model_dump().values())]


def _bound(scope: str, limit: Limit) -> Bound:
    return Bound(scope, limit.requests_per_minute, limit.tokens_per_minute, limit.concurrency)


class RedisCounter:
    """What `Limits` needs of Redis, in one round trip."""

    def __init__(self, url: str) -> None:
        once = Retry(NoBackoff(), 0)  # by itself it tries for seconds: a call has three in all
        self._redis = Redis.from_url(url, socket_timeout=0.25, socket_connect_timeout=0.25, retry=once)

    async def add(self, key: str, amount: int, expire: int) -> int:
        async with self._redis.pipeline(transaction=False) as pipe:
            cast("Any", pipe).incrby(key, amount)  # its type is that of a client, which waits
            cast("Any", pipe).expire(key, expire)
            total, _ = await pipe.execute()
        return int(total)

    async def close(self) -> None:
        await self._redis.aclose()
