"""The gateway's ASGI app. `python -m aiops.gateway.http --bind 127.0.0.1 --port 8001` serves it."""

import argparse
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from aiops.gateway import tracing
from aiops.gateway.connections import Bounded
from aiops.gateway.endpoints import afterwards, calls, embeddings, flags, state
from aiops.gateway.endpoints.answers import GONE, Answer, error_answer
from aiops.gateway.errors import GatewayError
from aiops.gateway.gate import Gate

log = structlog.get_logger(__name__)

ROUTES = (
    Route("/v1/chat/completions", calls.chat, methods=["POST"]),
    Route("/v1/features/{feature}/invoke", calls.invoke, methods=["POST"]),
    Route("/v1/embeddings", embeddings.embeddings, methods=["POST"]),
    Route("/v1/tickets/{id}", afterwards.ticket, methods=["GET"]),
    Route("/v1/feedback", afterwards.feedback, methods=["POST"]),
    Route("/ofrep/v1/evaluate/flags", flags.every, methods=["POST"]),
    Route("/ofrep/v1/evaluate/flags/{key}", flags.one, methods=["POST"]),
    Route("/v1/models", state.models, methods=["GET"]),
    Route("/healthz", state.alive, methods=["GET"]),
    Route("/openapi.json", state.described, methods=["GET"]),
    Route("/metrics", state.metrics, methods=["GET"]),
    Route("/readyz", state.ready, methods=["GET"]),
)
Open = Callable[[], AbstractAsyncContextManager[Gate]]
_CODES = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "Not this method."),
}


def make_app(opened: Open) -> Starlette:
    """The app; `opened` gives it its world while it runs."""

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        async with opened() as gate:
            app.state.gate = gate
            yield

    handlers = {
        GatewayError: _gateway_error,
        HTTPException: _http_error,
        ClientDisconnect: _gone,
        Exception: _crash,
    }
    app = Starlette(routes=ROUTES, lifespan=life, exception_handlers=handlers)
    app.router.redirect_slashes = False  # an address is right or it is not
    return app


async def _gateway_error(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    if not isinstance(error, GatewayError):
        raise error
    return error_answer(error)


async def _http_error(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    status = error.status_code if isinstance(error, HTTPException) else 500
    code, words = _CODES.get(status, ("invalid_request_error", "The request cannot be served."))
    body = {"message": words, "type": "invalid_request_error", "param": None, "code": code}
    allowed = getattr(error, "headers", None)  # of a 405: the methods that there are
    return Answer({"error": body}, status=status, headers=allowed)


async def _gone(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    """The caller went away in the middle of its body."""
    return Response(status_code=GONE)


async def _crash(request: Request, error: Exception) -> Response:
    """A mistake of ours: said in the log, and to the caller without a word of it."""
    log.error("gateway_failed", path=request.url.path, error="".join(traceback.format_exception(error)))
    body = {"message": "The gateway failed.", "type": "api_error", "param": None, "code": "internal_error"}
    return Answer({"error": body}, status=502)


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
    serve(tracing.carried(make_app(opened or _wired(options.port))), options.bind, options.port)


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


def serve(app: Awaitable[None] | Starlette, bind: str, port: int) -> None:
    uvicorn.Server(config_of(app)).run(sockets=[listening_socket(bind, port)])


def config_of(app: Awaitable[None] | Starlette, log_level: str = "warning") -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # uvicorn's own type is narrower than ASGI
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
