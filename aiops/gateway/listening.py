"""Hears that decisions were published: LISTEN on a connection of its own, made again where it breaks."""

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from django.db import connections

CHANNEL = "aiops_decisions"
FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0  # seconds before the line is tried again
_NOT_OF_LIBPQ = frozenset({"context", "cursor_factory", "prepare_threshold", "row_factory", "autocommit"})
_DEAD_AFTER = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "application_name": "aiops gateway, listening",
}

log = structlog.get_logger(__name__)


def address() -> dict[str, Any]:
    """Where Django's database is, as libpq's parameters."""
    given = connections["default"].get_connection_params()
    return {name: value for name, value in given.items() if name not in _NOT_OF_LIBPQ} | _DEAD_AFTER


async def listen(where: dict[str, Any], heard: Callable[[], None]) -> None:
    """Call `heard` for every publishing, and for every new line: something may have been missed. For ever."""
    wait = FIRST_WAIT
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(**where, autocommit=True) as line:
                await line.execute(f"LISTEN {CHANNEL}".encode())
                heard()
                wait = FIRST_WAIT
                async for _ in line.notifies():
                    heard()
        except psycopg.Error as error:
            log.warning("listening_broke", error=str(error).strip(), again_in=wait)
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT)
