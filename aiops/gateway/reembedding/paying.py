"""Texts to a model and vectors back, in batches, several at once; money is held for each before it leaves.

What a round cost is charged by whoever stores its vectors, in the same transaction. A model that runs here
costs nothing, and hashing needs no model.
"""

import asyncio
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from django.db import transaction

from aiops.budgets import spending
from aiops.budgets.ledger import Hold, NoRoom
from aiops.budgets.spending import Spending
from aiops.catalog import queries as catalog
from aiops.catalog.connect import open_provider, open_vendor
from aiops.catalog.models import Price, Provider
from aiops.catalog.pricing import cost, worst_case
from aiops.core import clock
from aiops.core.errors import Conflict
from aiops.core.money import ZERO
from aiops.embeddings.models import Space
from aiops.embeddings.shaping import LONGEST, Unfit, Vector, shaped
from aiops.flags.models import KillSwitch
from aiops.gateway import inside
from aiops.gateway.inside import Bill
from aiops.providers.errors import BadReply, Broken, ProviderError, Timeout, Unsupported
from aiops.providers.protocol import EmbeddingProvider, EmbedReply, EmbedRequest, Message
from aiops.providers.retry import ONCE
from aiops.providers.sentence_transformers import SentenceTransformers
from aiops.tenants.models import INTERNAL

PURPOSE = "embedding"
TEXTS, CHARACTERS = 64, 100_000  # of a batch at most
AT_ONCE = 4  # batches
SECONDS = 60.0  # that a model which runs here may take for a batch
DOUBTFUL = (Timeout, BadReply, Broken)  # the vendor may have worked, and may bill it


class Text(NamedTuple):
    """What a vector is wanted of; `key` is its owner's, `feature` (a slug) pays."""

    key: Any
    feature: str
    text: str


@dataclass(slots=True)
class Round:
    """What came of some texts: `made` have a vector. `failure`: why the others have none."""

    made: list[tuple[Text, Vector]] = field(default_factory=list)
    bills: list[tuple[str, Bill]] = field(default_factory=list)  # by feature
    charges: list[dict[int, Decimal]] = field(default_factory=list)
    failure: Exception | None = None

    @property
    def cost(self) -> Decimal:
        """In USD, worst cases included."""
        return sum((bill.cost + bill.unaccounted for _, bill in self.bills), ZERO)

    def charge(self) -> None:
        """Count what the round cost, in the caller's transaction, which keeps its vectors."""
        for feature in sorted({feature for feature, _ in self.bills}):
            inside.add_up(feature, [bill for whose, bill in self.bills if whose == feature])
        spending.charge(self.charges)


class Purses:
    """The leases of one worker: `instance` is nobody else's. One purse for each feature that pays."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self._open: dict[str, Spending] = {}

    def of(self, feature: str) -> Spending:
        if feature not in self._open:
            name = f"{self.instance}-{feature}"
            self._open[feature] = Spending(name, INTERNAL, feature, holds=AT_ONCE)
        return self._open[feature]

    def keep(self) -> None:
        """Call every few seconds while there is work."""
        for purse in self._open.values():
            purse.keep()

    def close(self) -> None:
        """All that was spent is charged: what is left goes back."""
        for purse in self._open.values():
            purse.close()
        self._open.clear()


def embedded(space: Space, texts: Sequence[Text], purses: Purses) -> Round:
    """Vectors of `texts`, as many as come without a failure. Raises NoRoom, Unsupported, Conflict."""
    if space.model is None:
        parts = [_Batch(part) for part in _parts(texts)]
        return _heard(space, parts, [_here(space, part) for part in parts])
    _check_stops(space)
    price = catalog.price_at(space.model, clock.now())
    if price is None:
        raise Conflict(f"{space.model} has no price, so that no budget could hold.")
    batches = [_Batch(part, price) for part in _parts(texts)]
    try:
        for batch in batches:
            batch.hold = purses.of(batch.feature).hold(batch.worst)
    except NoRoom:
        for batch in batches:
            if batch.hold is not None:
                batch.hold.settle(ZERO)
        raise
    purses.keep()
    return _heard(space, batches, asyncio.run(_asked(space, batches)))


def at_once(space: Space, feature: str, texts: Sequence[str]) -> list[Vector]:
    """For somebody who waits: one round, charged. Raises what failed."""
    purses = Purses(f"{PURPOSE}-{secrets.token_hex(8)}")
    try:
        found = embedded(space, [Text(number, feature, text) for number, text in enumerate(texts)], purses)
    except NoRoom as full:
        purses.close()
        raise Conflict(spending.refusal(full)) from None
    with transaction.atomic():
        found.charge()
    purses.close()
    if found.failure is not None:
        raise found.failure
    return [vector for _, vector in sorted(found.made, key=lambda one: one[0].key)]


class _Batch:
    """Texts that are asked for together, by one feature."""

    def __init__(self, texts: Sequence[Text], price: Price | None = None) -> None:
        self.texts = texts
        self.read = tuple(one.text[:LONGEST].replace("\0", " ") or " " for one in texts)
        self.price = price
        self.hold: Hold | None = None

    @property
    def feature(self) -> str:
        return self.texts[0].feature if self.texts else ""

    @property
    def worst(self) -> Decimal:
        """What it costs at most, in USD."""
        messages = [Message("user", text) for text in self.read]
        return worst_case(messages, 0, self.price) if self.price else ZERO


def _parts(texts: Sequence[Text]) -> Iterator[list[Text]]:
    """Batches of one feature each, within both bounds."""
    ordered = sorted(texts, key=lambda one: one.feature)
    for _, mine in groupby(ordered, key=lambda one: one.feature):
        part: list[Text] = []
        size = 0
        for one in mine:
            length = min(len(one.text), LONGEST)
            if part and (len(part) == TEXTS or size + length > CHARACTERS):
                yield part
                part, size = [], 0
            part.append(one)
            size += length
        yield part


def _request(space: Space, texts: tuple[str, ...]) -> EmbedRequest:
    name = space.model.vendor_name if space.model else space.local_name
    return EmbedRequest(name, texts, None if space.cut else space.asked)


def _here(space: Space, batch: _Batch) -> EmbedReply | Exception:
    try:
        request = _request(space, batch.read)
        return asyncio.run(SentenceTransformers().embed(request, timeout=SECONDS))
    except ProviderError as error:
        return error


async def _asked(space: Space, batches: Sequence[_Batch]) -> Sequence[EmbedReply | Exception]:
    """What comes of each batch, all at once. Each is tried once: a further try takes a hold of its own."""
    row = space.model.provider if space.model else Provider()
    provider = open_provider(row) if row.is_simulated else open_vendor(row, ONCE)
    try:
        if not isinstance(provider, EmbeddingProvider):
            return [Unsupported(f"{row.name} has no embeddings.")] * len(batches)
        asked = (
            provider.embed(_request(space, batch.read), timeout=row.timeout_seconds) for batch in batches
        )
        found: list[EmbedReply | BaseException] = await asyncio.gather(*asked, return_exceptions=True)
        return [_no_surprise(one) for one in found]
    finally:
        await provider.close()


def _no_surprise(found: EmbedReply | BaseException) -> EmbedReply | Exception:
    """What is no reply and no failure of the vendor breaks the worker, as it should."""
    if isinstance(found, EmbedReply | ProviderError):
        return found
    raise found


def _heard(space: Space, batches: Iterable[_Batch], found: Iterable[EmbedReply | Exception]) -> Round:
    done = Round()
    for batch, reply in zip(batches, found, strict=True):
        if batch.price is not None and batch.hold is not None:
            bill = _bill(space, batch, reply)
            done.bills.append((batch.feature, bill))
            done.charges.append(spending.settled([batch.hold], bill.cost + bill.unaccounted))
        if isinstance(reply, Exception):
            done.failure = reply
            continue
        try:
            vectors = shaped(reply.vectors, space.dimensions or space.asked, cut=space.cut)
        except Unfit as error:
            done.failure = error
        else:
            done.made += zip(batch.texts, vectors, strict=True)
    return done


def _bill(space: Space, batch: _Batch, reply: EmbedReply | Exception) -> Bill:
    """A vendor that said no bills nothing; of what broke on the way nobody knows."""
    name = space.model.name if space.model else space.local_name
    if isinstance(reply, EmbedReply) and batch.price is not None:
        return Bill(PURPOSE, name, cost(reply.usage, batch.price), usage=reply.usage)
    return Bill(
        PURPOSE, name, unaccounted=batch.worst if isinstance(reply, DOUBTFUL) else ZERO, answered=False
    )


def _check_stops(space: Space) -> None:
    name = space.model.name if space.model else ""
    for stop in KillSwitch.objects.filter(lifted_at=None, scope="model", target=name):
        raise Conflict(f"The model {name} is stopped: {stop.reason}")
