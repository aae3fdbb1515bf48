"""A request with an idempotency key is done once: whoever sends it again gets what the first one got.

Only answers are kept. An error frees the key, so that trying again can still do better; so does a caller that
goes away. What is sent again is what was sent: a stop thrown since then concerns new calls.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from aiops.gateway.errors import IdempotencyConflict, IdempotencyInFlight

REPLAYED = "x-aiops-idempotent-replay"
FIRST_WAIT, LONGEST_WAIT = 0.02, 0.25  # seconds between two looks at a call under way


@dataclass(frozen=True, slots=True)
class Once:
    """A key as one call uses it. `deadline` is of the event loop's clock; `digest` that of what was asked."""

    call: str
    tenant: str
    feature: str
    key: str
    digest: bytes
    deadline: float

    @property
    def scope(self) -> tuple[str, str, str]:
        return (self.tenant, self.feature, self.key)


@dataclass(frozen=True, slots=True)
class Written:
    """An answer as it is sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose the key is. `digest` is that of the call that has it, `written` its answer."""

    state: Literal["mine", "running", "answered"]
    digest: bytes
    written: Written | None = None


class Idempotency(Protocol):
    async def claim(self, asked: Once) -> Claim:
        """Take the key if nobody has it."""
        ...

    async def keep(self, asked: Once, written: Written) -> None:
        """The answer to everybody who asks the same with this key."""
        ...

    async def free(self, asked: Once) -> None:
        """There is no answer: the key is nobody's again."""
        ...


async def answered(store: Idempotency, asked: Once, act: Callable[[], Awaitable[Written]]) -> Written:
    """What `act` gives, or what it gave to the first call with this key.

    Raises IdempotencyConflict where that one asked something else, and IdempotencyInFlight where it is still
    under way at our deadline.
    """
    claim = await _claim(store, asked)
    if claim.written is not None:
        return replace(claim.written, headers={**claim.written.headers, REPLAYED: "true"})
    try:
        written = await act()
    except BaseException:
        await asyncio.shield(store.free(asked))
        raise
    await (store.keep(asked, written) if written.status == 200 else store.free(asked))
    return written


async def _claim(store: Idempotency, asked: Once) -> Claim:
    wait = FIRST_WAIT
    clock = asyncio.get_running_loop().time
    while True:
        claim = await store.claim(asked)
        if claim.digest != asked.digest:
            raise IdempotencyConflict(
                "This idempotency key was used for another request of this feature.", param="idempotency_key"
            )
        if claim.state != "running":
            return claim
        if clock() + wait >= asked.deadline:
            raise IdempotencyInFlight(
                "The first call with this idempotency key is still under way.",
                param="idempotency_key",
                retry_after=1,
            )
        await asyncio.sleep(wait)
        wait = min(wait * 1.5, LONGEST_WAIT)
