"""A caller that goes away: the vendor's call ends at once, and what it may have cost is counted."""

import json
import socket
import threading
from collections.abc import Callable
from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from aiops.gateway.memory import MemoryVendors, memory_world
from aiops.gateway.ports import World
from aiops.providers.openai_compatible import OpenAICompatible
from aiops.providers.retry import ONCE
from tests.fakes.model_server import ModelServer
from tests.gateway.served import make_picture, serving
from tests.gateway.test_hardening import head

PATHS = ("/v1/chat/completions", "/v1/features/summary/invoke")


def until(true: Callable[[], object]) -> None:
    tick, left = threading.Event(), 20.0
    while not true():
        tick.wait(0.01)
        left -= 0.01
        assert left > 0, "it did not happen"


def world_of(vendor: ModelServer) -> World:
    adapter = OpenAICompatible(base_url=vendor.base_url, policy=ONCE)
    return memory_world(vendors=MemoryVendors({"small": adapter}))


def request(path: str = PATHS[0], key: str | None = None, **more) -> bytes:
    chat = {"model": "summary", "messages": [{"role": "user", "content": "It broke. " * 20}], **more}
    body = json.dumps(
        chat if path == PATHS[0] else {"inputs": {"ticket": "It broke."}, "idempotency_key": key}
    ).encode()
    said = head("POST", path, "content-type: application/json", f"content-length: {len(body)}")
    return said + b"\r\n" + body


def open_line(url: str) -> socket.socket:
    where = urlsplit(url)
    return socket.create_connection((where.hostname, where.port), timeout=20)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_caller_who_leaves_before_the_answer_ends_the_vendors_call(path, stream):
    with ModelServer() as vendor:
        vendor.script("stall")
        met = world_of(vendor)
        with serving(make_picture({"deadline_seconds": 60}), met) as url:
            with open_line(url) as line:
                line.sendall(request(path, stream=stream))
                until(lambda: vendor.calls)
            until(lambda: not vendor._open)  # the vendor sees it at once
            until(lambda: met.recorder.records)
    (record,) = met.recorder.records
    worst = Decimal(record["attempts"][0]["worst"])
    assert (record["outcome"], record["finish_reason"]) == ("refused", "CancelledError")
    assert Decimal(record["cost"]) == Decimal(record["unaccounted"]) == met.ledger.spent == worst
    assert (met.ledger.held, met.limiter.inside) == (0, 0)


def test_a_caller_who_leaves_in_the_middle_of_a_stream_ends_the_vendors_stream():
    with ModelServer() as vendor:
        vendor.script("drip:0.05")
        met = world_of(vendor)
        with serving(make_picture({"deadline_seconds": 60}), met) as url:
            with open_line(url) as line:
                line.sendall(request(stream=True))
                with line.makefile("rb") as reply:
                    while b'"content":"' not in (said := reply.readline()) or b'"content":""' in said:
                        assert said
            until(lambda: not vendor._open)
            until(lambda: met.recorder.records)
    (record,) = met.recorder.records
    assert (record["outcome"], record["finish_reason"], record["stream"]) == ("answered", "cancelled", True)
    assert Decimal(record["cost"]) == met.ledger.spent == Decimal(record["attempts"][0]["worst"])
    assert (met.ledger.held, met.limiter.inside) == (0, 0)


def test_one_who_stays_gets_the_answer_and_its_true_cost():
    with ModelServer() as vendor:
        met = world_of(vendor)
        with serving(make_picture(), met) as url, open_line(url) as line:
            line.sendall(request(stream=True))
            with line.makefile("rb") as reply:
                while (said := reply.readline()) != b"data: [DONE]\n":
                    assert said
    (record,) = met.recorder.records
    assert (record["outcome"], record["unaccounted"], met.ledger.spent) == (
        "answered",
        "0",
        Decimal(record["cost"]),
    )


def test_a_caller_who_leaves_frees_the_idempotency_key():
    with ModelServer() as vendor:
        vendor.script("stall")
        met = world_of(vendor)
        with serving(make_picture({"deadline_seconds": 60}), met) as url:
            with open_line(url) as line:
                line.sendall(request(PATHS[1], key="k"))
                until(lambda: vendor.calls)
            until(lambda: met.recorder.records and not met.idempotency.known)
            with open_line(url) as line:
                line.sendall(request(PATHS[1], key="k"))
                assert line.recv(15) == b"HTTP/1.1 200 OK"
