"""Load on an HTTP server: N connections that each send the next request when the last one is answered."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import uvloop


@dataclass(slots=True)
class Measured:
    """Latencies in seconds, sorted; how many answers had which status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def quantile(self, q: float) -> float:
        """In milliseconds."""
        return self.latencies[min(len(self.latencies) - 1, int(q * len(self.latencies)))] * 1000


def load(
    url: str, body: Callable[[int], bytes], headers: dict[str, str], *, connections: int, seconds: float
) -> Measured:
    """Send `body(n)` (n counts up) for so long."""
    return uvloop.run(_load(url, body, headers, connections, seconds))


async def _load(
    url: str, body: Callable[[int], bytes], headers: dict[str, str], connections: int, seconds: float
) -> Measured:
    place = urlsplit(url)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {place.path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{lines}"
    measured = Measured()
    counter = iter(range(10**12))
    begun = time.perf_counter()
    ends = begun + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        while time.perf_counter() < ends:
            payload = body(next(counter))
            at = time.perf_counter()
            writer.write(f"{head}content-length: {len(payload)}\r\n\r\n".encode() + payload)
            top = await reader.readuntil(b"\r\n\r\n")
            length = int(top.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            await reader.readexactly(length)
            measured.latencies.append(time.perf_counter() - at)
            status = int(top[9:12])
            measured.statuses[status] = measured.statuses.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    measured.seconds = time.perf_counter() - begun
    measured.latencies.sort()
    return measured
