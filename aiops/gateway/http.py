"""The gateway's ASGI app. `python -m aiops.gateway.http --bind 127.0.0.1 --port 8001` serves it."""

import argparse
import gc
import os
import socket
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aiops.gateway import tracing
from aiops.gateway.connections import Bounded
from aiops.gateway.endpoints import afterwards, calls, embeddings, flags, state
from aiops.gateway.endpoints.answers import GONE, Answer, Asked, asked_by, error_answer
from aiops.gateway.errors import GatewayError, NotReady
from aiops.gateway.gate import Gate

log = structlog.get_logger(__name__)

Endpoint = Callable[[Asked], Awaitable[Response]]
ROUTES: Mapping[tuple[str, str], Endpoint] = {
    ("POST", "/v1/chat/completions"): calls.chat,
    ("POST", "/v1/features/{feature}/invoke"): calls.invoke,
    ("POST", "/v1/embeddings"): embeddings.embeddings,
    ("GET", "/v1/tickets/{id}"): afterwards.ticket,
    ("POST", "/v1/feedback"): afterwards.feedback,
    ("POST", "/ofrep/v1/evaluate/flags"): flags.every,
    ("POST", "/ofrep/v1/evaluate/flags/{key}"): flags.one,
    ("GET", "/v1/models"): state.models,
    ("GET", "/healthz"): state.alive,
    ("GET", "/openapi.json"): state.described,
    ("GET", "/metrics"): state.metrics,
    ("GET", "/readyz"): state.ready,
}
Open = Callable[[], AbstractAsyncContextManager[Gate]]
LAST_SECONDS = 8.0  # of a process that stops, once no call is under way
_CODES = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "Not this method."),
}


class Gateway:
    """The app. Addresses without a variable are found at once, past Starlette's layers: they cost more than
    the rest of a cached answer. Starlette has the others, and opens and closes the app.
    """

    def __init__(self, app: Starlette) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = ROUTES.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if endpoint is None:
            await self.app(scope, receive, send)
            return
        scope["app"] = self.app
        response = await _answered(endpoint, scope, receive)
        await response(scope, receive, send)


def make_app(opened: Open) -> Gateway:
    """The app; `opened` gives it its world while it runs."""

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        async with opened() as gate:
            app.state.gate = gate
            yield

    routes = [Route(path, _routed(endpoint), methods=[method]) for (method, path), endpoint in ROUTES.items()]
    app = Starlette(routes=routes, lifespan=life, exception_handlers={HTTPException: _http_error})
    app.router.redirect_slashes = False  # an address is right or it is not
    return Gateway(app)


def _routed(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        return await _answered(endpoint, request.scope, request.receive)

    return act


async def _answered(endpoint: Endpoint, scope: Scope, receive: Receive) -> Response:
    """What the endpoint answers, whatever goes wrong."""
    try:
        return await endpoint(asked_by(scope, receive))
    except GatewayError as error:
        return error_answer(error)
    except ClientDisconnect:  # in the middle of its body
        return Response(status_code=GONE)
    except Exception as error:  # noqa: BLE001 - a mistake of ours, which is no reason to close the connection
        return _crash(scope["path"], error)


def _crash(path: str, error: Exception) -> Response:
    """Said in the log, and to the caller without a word of it."""
    log.error("gateway_failed", path=path, error="".join(traceback.format_exception(error)))
    words = "The gateway could not serve this request; its log says why."
    return error_answer(NotReady(words, retry_after=1))


async def _http_error(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    status = error.status_code if isinstance(error, HTTPException) else 500
    code, words = _CODES.get(status, ("invalid_request_error", "The request cannot be served."))
    body = {"message": words, "type": "invalid_request_error", "param": None, "code": code}
    allowed = getattr(error, "headers", None)  # of a 405: the methods that there are
    return Answer({"error": body}, status=status, headers=allowed)


def listening_socket(bind: str, port: int) -> socket.socket:
    """A socket that several processes may share: the kernel spreads connections over them."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((bind, port))
    return listener


def main(arguments: list[str] | None = None, *, opened: Open | None = None) -> None:
    parser = argparse.ArgumentParser(description="aiops gateway")
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    options = parser.parse_args(arguments)
    log_lines()
    app = make_app(_lasting(opened or _wired(options.port)))
    serve(tracing.carried(app), options.bind, options.port)


def log_lines() -> None:
    """One line of JSON for each event. Tracebacks come without variables: some of them are secrets."""
    processors = structlog.processors
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            processors.TimeStamper(fmt="iso", utc=True),
            processors.format_exc_info,
            processors.JSONRenderer(),
        ]
    )


def serve(app: ASGIApp, bind: str, port: int) -> None:
    uvicorn.Server(config_of(app)).run(sockets=[listening_socket(bind, port)])


def _lasting(opened: Open) -> Open:
    """What is there once all is open lives as long as the process: garbage is looked for beside it, rarely.

    Looking took a fifth of all time. A call leaves no cycles behind but for exceptions' tracebacks, so that
    little gathers between two looks.
    """

    @asynccontextmanager
    async def lasting() -> AsyncIterator[Gate]:
        async with opened() as gate:
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 20, 50)
            yield gate
            _end_soon()

    return lasting


def _end_soon() -> None:
    """A stop has an end, whatever Postgres does: what is left in the spool is stored by another process."""
    timer = threading.Timer(LAST_SECONDS, os._exit, (1,))
    timer.daemon = True
    timer.start()


def config_of(app: ASGIApp, log_level: str = "warning") -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=Bounded,
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nothing of ours asks who the caller's address is
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
        log_level=log_level,
    )


def _wired(port: int) -> Open:
    from aiops.gateway.wiring import opened_gate  # noqa: PLC0415 - Django is set up first

    return lambda: opened_gate(port)


if __name__ == "__main__":
    from aiops.env import use_settings

    use_settings()
    import django

    django.setup()
    main()
