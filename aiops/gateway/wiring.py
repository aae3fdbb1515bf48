"""A gateway put together: the pipeline on the real world, and what runs beside it."""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from threadpoolctl import threadpool_limits

from aiops import env
from aiops.budgets import leasing
from aiops.budgets.ledger import Ledger
from aiops.budgets.limits import Limits
from aiops.flags.presence import Process
from aiops.gateway import listening, tracing
from aiops.gateway.embedder import CallEmbedder
from aiops.gateway.gate import Gate
from aiops.gateway.metrics.figures import Figures
from aiops.gateway.metrics.telling import CountedRecorder, Standing
from aiops.gateway.pipeline import gateway
from aiops.gateway.ports import World
from aiops.gateway.recording import SpoolRecorder
from aiops.gateway.snapshot import Snapshot
from aiops.gateway.spool import Spool
from aiops.gateway.stores.approaches import InstantApproaches
from aiops.gateway.stores.cache import SharedCache
from aiops.gateway.stores.calls import StoredCalls
from aiops.gateway.stores.idempotency import StoredIdempotency
from aiops.gateway.stores.library import StoredLibrary, searching_at
from aiops.gateway.stores.limiter import PolicyLimiter, RedisCounter
from aiops.gateway.stores.money import BudgetLedger
from aiops.gateway.stores.neighbours import StoredNeighbours, looking_up_at
from aiops.gateway.stores.pool import Pool
from aiops.gateway.stores.queries import stored_queries
from aiops.gateway.stores.spaced import SpacedNeighbours
from aiops.gateway.stores.tickets import StoredTickets
from aiops.gateway.stores.vendors import OpenVendors

LAST_BATCH = 4.0  # seconds for what is still in the spool at the end


def new_instance() -> str:
    """A name that no other process has: also that of its folder in the spool."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


@asynccontextmanager
async def opened_gate(port: int) -> AsyncIterator[Gate]:
    """Everything open and running, until the end: then what is spooled is stored, and money given back."""
    home, instance = Path(settings.AIOPS_HOME), new_instance()
    async with AsyncExitStack() as stack:
        pool = await _opened(stack, Pool(listening.address()))
        searches = await _opened(stack, Pool(searching_at(listening.address())))
        recorder, ledger, money = _books(stack, home, instance, pool)
        process = Process(instance, socket.gethostname(), os.getpid(), port)
        counter = RedisCounter(settings.REDIS_URL)
        stack.push_async_callback(counter.close)
        limits = Limits(counter, lambda: snapshot.processes)
        approaches = InstantApproaches()
        stack.callback(approaches.close)
        snapshot = _following(process, home, recorder, limits, approaches)
        await stack.enter_async_context(snapshot)
        await approaches.prepared()
        vendors = OpenVendors(lambda: snapshot.picture)
        stack.push_async_callback(vendors.close)
        cache, idempotency = SharedCache(pool.connect), StoredIdempotency(pool.connect)
        embedder = CallEmbedder(money, vendors)
        figures = Figures(home / "metrics", with_tenant=env.flag("AIOPS_METRICS_TENANT"))
        neighbours = await _neighbours(stack, cache, figures)
        spaced = SpacedNeighbours(pool.connect, embedder, neighbours)
        standing = Standing(figures, pool.connect, lambda: (snapshot.age, recorder.spool.count))
        counted = tracing.traced(CountedRecorder(recorder, figures), instance)
        world = World(
            ledger=money,
            limiter=PolicyLimiter(limits),
            cache=cache,
            vendors=vendors,
            approaches=approaches,
            library=StoredLibrary(searches.connect, embedder),
            tickets=StoredTickets(pool.connect),
            calls=StoredCalls(pool.connect),
            recorder=counted,
            idempotency=idempotency,
            queries=await stack.enter_async_context(stored_queries()),
            embedder=embedder,
            neighbours=neighbours,
            embedded_neighbours=spaced,
        )
        parts = (recorder, ledger, cache, neighbours, spaced, limits, idempotency, standing)
        stack.push_async_callback(_ended, _begun(*parts, *tracing.running(counted)))
        yield Gate(
            picture=lambda: snapshot.picture,
            handle=gateway(world),
            world=world,
            state=lambda: _state(snapshot, recorder, limits, idempotency, neighbours),
            metrics=figures.page,
        )


def _state(
    snapshot: Snapshot,
    recorder: SpoolRecorder,
    limits: Limits,
    idempotency: StoredIdempotency,
    neighbours: StoredNeighbours,
) -> Mapping[str, Any]:
    """What /readyz says."""
    return {
        "ready": snapshot.picture is not None,
        **snapshot.state(),
        "spool_records": recorder.spool.count,
        "records": "stored" if recorder.storing else "waiting",
        "rate_limits": "local" if limits.local_only else "shared",
        "processes": snapshot.processes,
        "idempotency_keys": "shared" if idempotency.shared else "local",
        "questions_in_memory": neighbours.shelves.questions,
    }


def _books(
    stack: AsyncExitStack, home: Path, instance: str, pool: Pool
) -> tuple[SpoolRecorder, Ledger, BudgetLedger]:
    """What is recorded and what it costs: settled together at the end."""
    spool = Spool(home / "spool" / instance)
    recorder = SpoolRecorder(spool, pool.connect, leasing.settle, bury=leasing.close)
    ledger = Ledger(instance, pool.connect)
    stack.push_async_callback(_settled, recorder, ledger)
    return recorder, ledger, BudgetLedger(ledger, recorder)


async def _opened(stack: AsyncExitStack, pool: Pool) -> Pool:
    await pool.open()
    stack.push_async_callback(pool.close)
    return pool


async def _neighbours(stack: AsyncExitStack, cache: SharedCache, figures: Figures) -> StoredNeighbours:
    """On a pool of its own: lookups come with every call, and keep no record waiting."""
    pool = await _opened(stack, Pool(looking_up_at(listening.address())))
    threadpool_limits(1, "blas")  # a process has a core: two threads would spin for each other
    most = env.megabytes("AIOPS_CACHE_MEMORY_MB")
    return StoredNeighbours(pool.connect, cache, figures.count_late, most)


def _following(
    process: Process, home: Path, recorder: SpoolRecorder, limits: Limits, approaches: InstantApproaches
) -> Snapshot:
    """Decisions, and what the process says of itself to those who make them."""
    return Snapshot(
        process,
        home,
        spool_records=lambda: recorder.spool.count,
        local_limits=lambda: limits.local_only,
        swapped=approaches.prepare,
    )


class _Part(Protocol):
    async def run(self) -> None:
        """Until cancelled."""
        ...


def _begun(*parts: _Part) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(part.run()) for part in parts]


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _settled(recorder: SpoolRecorder, ledger: Ledger) -> None:
    await recorder.finish(LAST_BATCH)
    await ledger.close()
