"""The port `Library`: the feature's documents in Postgres, within a small budget of time."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from psycopg import Error

from aiops.gateway.errors import ProviderFailed
from aiops.gateway.messages import Call, Passage
from aiops.gateway.picture import Feature
from aiops.gateway.ports import Embedder, NoVectors
from aiops.gateway.stores.pool import Connect
from aiops.knowledge import searching
from aiops.knowledge.searching import Near

log = structlog.get_logger(__name__)
USE = "knowledge"
EMBEDDING = 0.5  # seconds that a question's vector may take; a fallback then still has time to search
PATIENCE = 0.9  # seconds: less than a fallback may take, so that another one still answers
STATEMENT = 0.8  # seconds that Postgres may take over one search


def searching_at(where: Mapping[str, Any]) -> dict[str, Any]:
    """Where to search: connections that give up by themselves."""
    own = f"-c statement_timeout={round(STATEMENT * 1000)} -c {searching.GOING_ON}"
    options = f"{where.get('options', '')} {own}".strip()
    return {**where, "options": options}


class StoredLibrary:
    """The port `Library` on a pool of its own, so that slow searches keep no record waiting."""

    def __init__(self, connect: Connect, embedder: Embedder | None = None) -> None:
        self._connect = connect
        self._embedder = embedder
        self._chunks: dict[str, tuple[int, int]] = {}  # by feature: of which revision, how many

    async def search(self, call: Call, question: str, most: int) -> Sequence[Passage]:
        """Raises ProviderFailed where the documents can't be searched now: then a fallback answers."""
        near = await self._near(call, question)
        values = searching.asked(call.feature.slug, call.tenant, question, call.locale, most, near)
        try:
            async with asyncio.timeout(PATIENCE), self._connect() as connection:
                sized = await self._statement(connection, call.feature, values, near)
                cursor = await connection.execute(sized, values)
                rows = await cursor.fetchall()
        except (Error, OSError, TimeoutError) as error:
            log.warning("documents_away", feature=call.feature.slug, error=str(error).strip() or "too slow")
            raise ProviderFailed("The documents can't be searched now.") from error
        return [_passage(number, searching.found(row)) for number, row in enumerate(rows, start=1)]

    async def _near(self, call: Call, question: str) -> Near | None:
        """The question's vector where a model makes them; hashing where there is none to be had now."""
        space = call.picture.space_of(USE)
        if space is None or self._embedder is None:
            return None
        read = question[: searching.LONGEST]
        try:
            (vector,) = await self._embedder.embed(call, USE, [read], seconds=EMBEDDING)
        except NoVectors as error:
            log.warning("question_without_vector", feature=call.feature.slug, error=str(error))
            return None
        return Near(space.id, vector, space.alike)

    async def _statement(
        self, connection: Any, feature: Feature, values: Mapping[str, Any], near: Near | None
    ) -> str:
        """The search for as many chunks as the feature has, counted once for each revision."""
        revision, chunks = self._chunks.get(feature.slug, (-1, 0))
        if revision != feature.knowledge_revision:
            row = await (await connection.execute(searching.COUNTED, values)).fetchone()
            chunks = int(row[0])
            self._chunks[feature.slug] = (feature.knowledge_revision, chunks)
        return searching.statement(chunks, near)


def _passage(number: int, found: searching.Found) -> Passage:
    return Passage(number, found.path, found.heading, found.url, found.text, found.score)
