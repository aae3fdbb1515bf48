"""The least that a gateway can be: a request in, the same to the vendor, its answer back. Nothing decided.

    python -m benchmarks._forwarder VENDOR_URL PORT

What the machine gives to any gateway in Python: the baseline beside the vendor itself.
"""

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import aiohttp
import uvicorn

Message = MutableMapping[str, Any]


class Forwarder:
    """An ASGI app."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/v1/chat/completions"
        self._session: aiohttp.ClientSession | None = None

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            raise RuntimeError("only HTTP")
        parts, more = [], True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256))
        headers = {"content-type": "application/json"}
        async with self._session.post(self._url, data=b"".join(parts), headers=headers) as answer:
            body = await answer.read()
        head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    uvicorn.run(
        Forwarder(sys.argv[1]),
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="critical",
    )
