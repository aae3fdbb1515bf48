"""The port `Calls`: what is known of calls that are over."""

import asyncio
from datetime import UTC, datetime

from psycopg import OperationalError

from aiops.gateway.call_ids import time_of
from aiops.gateway.stores.pool import Connect

PATIENCE = 0.5  # seconds


class StoredCalls:
    """Looks into the one partition that the call's id names."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    async def tenant_of(self, call_id: str) -> str | None:
        at = datetime.fromtimestamp(time_of(call_id), UTC)
        try:
            async with asyncio.timeout(PATIENCE), self._connect() as connection:
                cursor = await connection.execute(_TENANT, {"at": at, "id": call_id})
                row = await cursor.fetchone()
        except (OperationalError, OSError, TimeoutError):
            return None
        return row[0] if row else None


_TENANT = "SELECT tenant FROM gateway_call WHERE at = %(at)s AND id = %(id)s"
