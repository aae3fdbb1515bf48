"""What the core needs from the world, as Protocols. In memory: `memory.py`; for real: `stores.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol

from aiops.gateway.messages import Call, Hold, Passage, Reply, Ticket
from aiops.gateway.once import Idempotency
from aiops.gateway.picture import Instant, Model, Space
from aiops.providers.protocol import ChatProvider


class Ledger(Protocol):
    async def hold(self, call: Call, worst: Decimal) -> Hold:
        """Promise `worst` USD out of every budget that applies. Raises OverBudget where it does not fit."""
        ...


class Admission(Protocol):
    """A call inside the limits. `headers` are the x-ratelimit ones."""

    @property
    def headers(self) -> Mapping[str, str]: ...

    def leave(self) -> None:
        """The call is over: it no longer counts among those at once."""
        ...


class Limiter(Protocol):
    def headers(self, call: Call) -> Mapping[str, str]:
        """How much is left for such calls, without counting one."""
        ...

    async def enter(self, call: Call, tokens: int) -> Admission:
        """Count the call and about `tokens` tokens. Raises OverLimit, with the seconds to wait."""
        ...


class Unlimited:
    """The port `Limiter`, and its admissions, for our own work: its money bounds it."""

    def headers(self, call: Call) -> Mapping[str, str]:  # noqa: ARG002 - there are none
        return {}

    async def enter(self, call: Call, tokens: int) -> Admission:  # noqa: ARG002 - everybody may
        return _ADMITTED


@dataclass(frozen=True, slots=True)
class _Admitted:
    headers: Mapping[str, str] = field(default_factory=dict)

    def leave(self) -> None: ...


_ADMITTED = _Admitted()


@dataclass(frozen=True, slots=True)
class Cached:
    """A stored answer. `age` in seconds."""

    reply: Reply
    age: float = 0.0


class Cache(Protocol):
    async def find(self, key: bytes) -> Cached | None:
        """The answer under `key`, however old it is up to the store's bound."""
        ...

    async def keep(self, key: bytes, call: Call, reply: Reply, ttl: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A question that was asked before, with the answer that is stored for it. `age` in seconds."""

    question: str
    likeness: float
    cached: Cached


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the semantic cache keeps it: by the key of its answer, in its partition."""

    key: bytes
    partition: bytes
    question: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A stored answer held against a fresh one. `served`: it had been given to the caller."""

    call: Call
    asked: Asked
    neighbour: Neighbour
    fresh: str
    equivalent: bool
    served: bool


class Late(Exception):
    """No neighbours within the little time that a call has for them: it goes on without."""


class Neighbours(Protocol):
    """Questions in other words. Whatever fails here is a miss: no call waits long for it, and none fails."""

    def threshold(self, feature: str) -> float | None:
        """The likeness from which on answers may be given; None: none is proven."""
        ...

    async def near(self, partition: bytes, question: str) -> Sequence[Neighbour]:
        """The nearest few of the partition, the nearest first, but for those that could not be given.
        Raises Late.
        """
        ...

    def keep(self, asked: Asked, call: Call, ttl: float) -> None:
        """Remember that `asked.key` answers this question."""
        ...

    def checked(self, check: Checked) -> None:
        """Write down what a check found."""
        ...


class Vendors(Protocol):
    def of(self, model: Model) -> ChatProvider:
        """The open adapter of the model's provider, which tries once. ProviderFailed where there is none."""
        ...


class Approaches(Protocol):
    async def answer(self, approach: Instant, inputs: Mapping[str, str], locale: str) -> str:
        """What a rule set or a classifier says. Raises InvalidRequest where inputs lack something."""
        ...


class Library(Protocol):
    async def search(self, call: Call, question: str, most: int) -> Sequence[Passage]:
        """The best passages of the feature's documents that this tenant may read."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket as its caller sees it; `output` None until there is one."""

    feature: str
    state: Literal["waiting", "answered", "expired", "rejected"]
    output: str | None = None


class Tickets(Protocol):
    async def open(
        self, call: Call, kind: str, reason: str, *, seconds: int, held: Reply | None = None
    ) -> Ticket:
        """Let the call wait for a person, a later try or an approval; `held` is the answer to approve."""
        ...

    async def find(self, ticket_id: str, tenant: str) -> Found | None:
        """The tenant's ticket. Raises OSError while nobody knows."""
        ...


class Calls(Protocol):
    async def tenant_of(self, call_id: str) -> str | None:
        """Whose the call was; None where that is not known, or not yet."""
        ...


class Recorder(Protocol):
    def write(self, record: Mapping[str, Any]) -> None:
        """Append the record to the spool. When this returns the record survives the process."""
        ...

    def feedback(self, remark: Mapping[str, Any]) -> None:
        """Append what an application says of a call, in the same way."""
        ...


class QueryFailed(Exception):
    """A query could not be tried, or the database refused it. The message holds nothing that it found."""


@dataclass(frozen=True, slots=True)
class Ran:
    """All that is told of what a query found."""

    rows: int
    columns: tuple[str, ...] = ()


class Queries(Protocol):
    async def run(self, query: str, *, seconds: float, most_rows: int) -> Ran:
        """Try a query that was approved, where nothing can be written. Raises QueryFailed."""
        ...


class NoVectors(Exception):
    """There are none to be had now; the message says why."""


class Embedder(Protocol):
    async def embed(
        self, call: Call, use: str, texts: Sequence[str], *, seconds: float
    ) -> Sequence[Sequence[float]]:
        """A vector of length 1 for each text, by what is in force for `use`, within `seconds`.

        `call` pays. Raises NoVectors.
        """
        ...

    async def embed_in(
        self, call: Call, space: Space | None, texts: Sequence[str], *, seconds: float
    ) -> Sequence[Sequence[float]]:
        """The same in a space, whichever is in force; None: by hashing."""
        ...

    def remembered(self, space: Space, text: str) -> Sequence[float] | None:
        """The vector of a text that was embedded a moment ago."""
        ...


class EmbeddedNeighbours(Protocol):
    def of(self, call: Call) -> Neighbours | None:
        """Those by the vectors that the call's picture names; None: the hashed ones."""
        ...


class NoQueries:
    """The port `Queries` where there is no database to try them on."""

    async def run(self, query: str, *, seconds: float, most_rows: int) -> Ran:  # noqa: ARG002 - never
        raise QueryFailed("there is no database to try queries on")


@dataclass(frozen=True, slots=True)
class NoTools:
    """What guardrails have without a world."""

    queries: Queries
    embedder: Embedder | None


NO_TOOLS = NoTools(NoQueries(), None)


@dataclass(frozen=True, slots=True)
class World:
    """All ports together."""

    ledger: Ledger
    limiter: Limiter
    cache: Cache
    vendors: Vendors
    approaches: Approaches
    library: Library
    tickets: Tickets
    calls: Calls
    recorder: Recorder
    idempotency: Idempotency
    queries: Queries = NO_TOOLS.queries
    embedder: Embedder | None = None
    neighbours: Neighbours | None = None  # None: only the same question is found
    embedded_neighbours: EmbeddedNeighbours | None = None
