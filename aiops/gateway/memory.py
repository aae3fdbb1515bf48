"""The ports in memory: one process, nothing kept. For tests, and to try a policy without a vendor."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aiops.gateway.errors import InvalidRequest, OverBudget, OverLimit, ProviderFailed
from aiops.gateway.messages import ZERO, Call, Passage, Reply, Ticket
from aiops.gateway.once import Claim, Once, Written
from aiops.gateway.picture import Instant, Model
from aiops.gateway.ports import Asked, Cached, Checked, Found, Neighbour, World
from aiops.providers.protocol import ChatProvider


class MemoryHold:
    """A hold of `MemoryLedger`."""

    id = ""
    leases: tuple[int, ...] = ()

    def __init__(self, ledger: "MemoryLedger", worst: Decimal) -> None:
        self._ledger = ledger
        self.worst = worst
        ledger.held += worst

    def settle(self, cost: Decimal | None) -> None:
        self._ledger.held -= self.worst
        self._ledger.spent += self.worst if cost is None else cost

    def free(self) -> None:
        self.settle(ZERO)


class MemoryLedger:
    """One budget for everything; None: no limit."""

    def __init__(self, limit: Decimal | None = None) -> None:
        self.limit = limit
        self.held = ZERO
        self.spent = ZERO

    async def hold(self, call: Call, worst: Decimal) -> MemoryHold:  # noqa: ARG002 - one budget for all
        if self.limit is not None and self.spent + self.held + worst > self.limit:
            raise OverBudget(f"The budget of ${self.limit} leaves no room for a call of up to ${worst}.")
        return MemoryHold(self, worst)


@dataclass(slots=True)
class MemoryAdmission:
    limiter: "MemoryLimiter"
    headers: Mapping[str, str] = field(default_factory=dict)

    def leave(self) -> None:
        self.limiter.inside -= 1


class MemoryLimiter:
    """At most `most` calls at once."""

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self.inside = 0
        self.entered = 0

    def headers(self, call: Call) -> Mapping[str, str]:  # noqa: ARG002 - the same for all
        return {}

    async def enter(self, call: Call, tokens: int) -> MemoryAdmission:  # noqa: ARG002 - it counts calls alone
        if self.most is not None and self.inside >= self.most:
            raise OverLimit("Too many calls at once.", retry_after=1)
        self.inside += 1
        self.entered += 1
        return MemoryAdmission(self)


class MemoryCache:
    """`clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.kept: dict[bytes, tuple[float, Reply]] = {}

    async def find(self, key: bytes) -> Cached | None:
        at, reply = self.kept.get(key, (0.0, None))
        return Cached(reply, self._clock() - at) if reply else None

    async def keep(self, key: bytes, call: Call, reply: Reply, ttl: float) -> None:  # noqa: ARG002 - nothing expires
        self.kept[key] = (self._clock(), reply)


class MemoryNeighbours:
    """All questions of a partition compared, by the vectors that `embed` makes. `learnt`: by feature."""

    def __init__(self, cache: MemoryCache, embed: Callable[[str], Sequence[float]]) -> None:
        self._cache = cache
        self._embed = embed
        self.kept: dict[bytes, dict[bytes, str]] = {}  # questions by partition and key
        self.checks: list[Checked] = []
        self.learnt: dict[str, float] = {}

    def threshold(self, feature: str) -> float | None:
        return self.learnt.get(feature)

    async def near(self, partition: bytes, question: str) -> Sequence[Neighbour]:
        wanted, found = self._embed(question), []
        for key, other in self.kept.get(partition, {}).items():
            if (cached := await self._cache.find(key)) is not None:
                likeness = sum(a * b for a, b in zip(wanted, self._embed(other), strict=True))
                found.append(Neighbour(other, likeness, cached))
        return sorted(found, key=lambda one: -one.likeness)[:3]

    def keep(self, asked: Asked, call: Call, ttl: float) -> None:  # noqa: ARG002 - nothing expires
        self.kept.setdefault(asked.partition, {})[asked.key] = asked.question

    def checked(self, check: Checked) -> None:
        self.checks.append(check)


class MemoryVendors:
    """One adapter for each model's name."""

    def __init__(self, adapters: Mapping[str, ChatProvider]) -> None:
        self.adapters = adapters

    def of(self, model: Model) -> ChatProvider:
        if model.name not in self.adapters:
            raise ProviderFailed(f"There is no adapter for {model.name}.")
        return self.adapters[model.name]


class MemoryApproaches:
    """Answers by the name of the rule set or classifier."""

    def __init__(self, answers: Mapping[str, str] | None = None) -> None:
        self.answers = answers or {}

    async def answer(self, approach: Instant, inputs: Mapping[str, str], locale: str) -> str:  # noqa: ARG002 - always the same
        if approach.name not in self.answers:
            raise InvalidRequest(f"There are no rules {approach.name}.")
        return self.answers[approach.name]


class MemoryLibrary:
    """The same passages for every question."""

    def __init__(self, passages: Sequence[Passage] = ()) -> None:
        self.passages = passages

    async def search(self, call: Call, question: str, most: int) -> Sequence[Passage]:  # noqa: ARG002 - always the same
        return self.passages[:most]


class MemoryTickets:
    def __init__(self) -> None:
        self.opened: list[tuple[str, str, int, Reply | None]] = []
        self.known: dict[tuple[str, str], Found] = {}

    async def open(
        self,
        call: Call,  # noqa: ARG002 - a real one keeps it
        kind: Any,
        reason: str,
        *,
        seconds: int,
        held: Reply | None = None,
    ) -> Ticket:
        self.opened.append((kind, reason, seconds, held))
        return Ticket(id=f"tkt_{len(self.opened)}", kind=kind)

    async def find(self, ticket_id: str, tenant: str) -> Found | None:
        return self.known.get((ticket_id, tenant))


class MemoryCalls:
    """Tenants by the ids of their calls."""

    def __init__(self, tenants: Mapping[str, str] | None = None) -> None:
        self.tenants = tenants or {}

    async def tenant_of(self, call_id: str) -> str | None:
        return self.tenants.get(call_id)


class MemoryRecorder:
    def __init__(self) -> None:
        self.records: list[Mapping[str, Any]] = []
        self.remarks: list[Mapping[str, Any]] = []

    def feedback(self, remark: Mapping[str, Any]) -> None:
        self.remarks.append(remark)

    def write(self, record: Mapping[str, Any]) -> None:
        self.records.append(record)


class MemoryIdempotency:
    """Keys of this process, for ever."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str, str], tuple[Once, Written | None]] = {}

    async def claim(self, asked: Once) -> Claim:
        first, written = self.known.setdefault(asked.scope, (asked, None))
        if first is asked:
            return Claim("mine", asked.digest)
        return Claim("answered" if written else "running", first.digest, written)

    async def keep(self, asked: Once, written: Written) -> None:
        self.known[asked.scope] = (asked, written)

    async def free(self, asked: Once) -> None:
        self.known.pop(asked.scope, None)


def memory_world(**ports: Any) -> World:
    """All ports in memory, but for those given."""
    return World(
        **{
            "ledger": MemoryLedger(),
            "limiter": MemoryLimiter(),
            "cache": MemoryCache(),
            "vendors": MemoryVendors({}),
            "approaches": MemoryApproaches(),
            "library": MemoryLibrary(),
            "tickets": MemoryTickets(),
            "calls": MemoryCalls(),
            "recorder": MemoryRecorder(),
            "idempotency": MemoryIdempotency(),
            **ports,
        }
    )
