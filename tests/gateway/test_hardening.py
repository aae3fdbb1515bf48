"""What nobody should send, over raw sockets to the app as it is served: a clear 4xx, no traceback."""

import json
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from aiops.gateway import connections
from aiops.gateway.endpoints import answers
from aiops.gateway.memory import memory_world
from tests.gateway.served import TOKEN, make_picture, serving

CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(make_picture()) as url:
        yield url


def head(method: str = "POST", path: str = CHAT, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: x", f"authorization: Bearer {TOKEN}", *more]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n"


def posted(body: bytes, path: str = CHAT) -> bytes:
    return (
        head("POST", path, "content-type: application/json", f"content-length: {len(body)}") + b"\r\n" + body
    )


def asked(address: str, sent: bytes, *, end: bool = False) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what comes back; 0 where the connection just ends."""
    where = urlsplit(address)
    with socket.create_connection((where.hostname, where.port), timeout=20) as line:
        line.sendall(sent)
        if end:
            line.shutdown(socket.SHUT_WR)
        with line.makefile("rb") as reply:
            first = reply.readline()
            if not first:
                return 0, {}, b""
            told = dict(
                part.decode().strip().lower().split(": ", 1) for part in iter(reply.readline, b"\r\n")
            )
            length = 0 if sent.startswith(b"HEAD") else int(told.get("content-length", 0))
            return int(first.split()[1]), told, reply.read(length)


def chat(**fields) -> bytes:
    body = {"model": "summary", "messages": [{"role": "user", "content": "x"}], **fields}
    return json.dumps(body).encode()


def raw(text: bytes) -> bytes:
    """A chat whose user is the raw JSON `text`."""
    return chat()[:-1] + b', "user": ' + text + b"}"


def tools(text: bytes) -> bytes:
    return chat()[:-1] + b', "tools": [{"type": "function", "x": ' + text + b"}]}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        raw(b'"a\x00b"'),
        raw(rb'"a\u0000b"'),
        raw(rb'"\ud800"'),
        raw(rb'"\uDFFF"'),
        raw(b'"\xed\xa0\x80"'),
        raw(b'"\xc3"'),
        raw(b'"a", "user": "b"'),
        tools(rb'"\ud800"'),
        tools(rb'{"\udc00": 1}'),
        tools(rb'["\u0000"]'),
        tools(b"1e999"),
        tools(b"NaN"),
        tools(b"9" * 40),
        tools(b"9" * 10_000),
        tools(b"[" * 100 + b"]" * 100),
        tools(b"[" * 200_000 + b"]" * 200_000),
        tools(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    ],
)
def test_a_body_that_is_wrong_is_a_400(address, body):
    status, _, said = asked(address, posted(body))
    error = json.loads(said)["error"]
    assert (status, error["type"]) == (400, "invalid_request_error")
    assert b"Traceback" not in said


def test_characters_outside_the_plane_are_welcome(address):
    status, _, said = asked(address, posted(raw(rb'"\ud83d\ude00 \\u0000"')))
    assert (status, json.loads(said)["aiops"]["outcome"]) == (200, "answered")


def test_fifty_megabytes_are_refused_before_they_are_read(address):
    said = (
        head("POST", CHAT, "content-type: application/json", "content-length: 52428800")
        + b"\r\n"
        + b"x" * 65_536
    )
    assert asked(address, said)[0] == 413


def test_fifty_megabytes_in_chunks_are_refused_once_they_are_too_many(address):
    chunk = b"%x\r\n%s\r\n" % (1 << 20, b" " * (1 << 20))
    said = head("POST", CHAT, "content-type: application/json", "transfer-encoding: chunked")
    assert asked(address, said + b"\r\n" + chunk * 6 + b"0\r\n\r\n")[0] == 413


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (head("POST", CHAT, "content-length: abc") + b"\r\n", 400),
        (head("POST", CHAT, "content-length: -5") + b"\r\n", 400),
        (head("POST", CHAT, "content-length: 5", "content-length: 6") + b"\r\nabcde", 400),
        (head("POST", CHAT, "content-length: 5", "transfer-encoding: chunked") + b"\r\n0\r\n\r\n", 400),
        (head("POST", CHAT, "transfer-encoding: chunked") + b"\r\nzz\r\n", 400),
        (b"\x16\x03\x01 hello\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n", 400),
        (head("POST", CHAT, "x: " + "y" * 40_000) + b"\r\n", 431),
        (head("POST", CHAT, *(f"x-{n}: {'y' * 50}" for n in range(2000))) + b"\r\n", 431),
        (head("POST", CHAT)[:-2] + b"\r\nx: " + b"y" * 70_000, 431),
        (head("GET", "/" + "a" * 40_000) + b"\r\n", 431),
        (head("POST", CHAT, "content-type: text/plain", "content-length: 2") + b"\r\n{}", 415),
        (head("GET", CHAT) + b"\r\n", 405),
        (head("OPTIONS", CHAT) + b"\r\n", 405),
        (head("HEAD", CHAT) + b"\r\n", 405),
        (head("PUT", "/healthz") + b"\r\n", 405),
        (head("HEAD", "/healthz") + b"\r\n", 200),
        (head("GET", "/healthz/") + b"\r\n", 404),
        (head("GET", "/v1/models/") + b"\r\n", 404),
        (head("GET", "/") + b"\r\n", 404),
        (head("GET", "/v1/../etc/passwd") + b"\r\n", 404),
        (head("GET", "/v1/tickets/%00%ff") + b"\r\n", 404),
        (head("POST", "/v1/features/%00/invoke", "content-length: 13") + b'\r\n{"inputs":{}}', 404),
        (head("GET", "/healthz", "connection: upgrade", "upgrade: websocket") + b"\r\n", 200),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_a_request_that_is_wrong_is_a_clear_4xx(address, sent, status):
    told, headers, said = asked(address, sent)
    assert told == status
    if status >= 400 and said:
        assert set(json.loads(said)["error"]) == {"message", "type", "param", "code"}
    if status == 405:
        assert "allow" in headers


def test_a_body_shorter_than_said_harms_nobody(address):
    said = head("POST", CHAT, "content-type: application/json", "content-length: 500") + b"\r\n{}"
    asked(address, said, end=True)
    assert asked(address, posted(chat()))[0] == 200


def test_a_head_that_does_not_come_is_not_waited_for(address, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.05)
    assert [asked(address, sent)[0] for sent in (b"", b"POST /v1", head())] == [408, 408, 408]


def test_a_body_that_does_not_come_is_not_waited_for(address, monkeypatch):
    monkeypatch.setattr(answers, "BODY_SECONDS", 0.05)
    said = head("POST", CHAT, "content-type: application/json", "content-length: 500") + b"\r\n{"
    status, headers, body = asked(address, said)
    assert (status, headers["connection"], json.loads(body)["error"]["code"]) == (
        408,
        "close",
        "request_timeout",
    )


def test_requests_after_one_another_share_a_connection(address):
    where = urlsplit(address)
    with socket.create_connection((where.hostname, where.port), timeout=20) as line:
        line.sendall(
            (head("GET", "/healthz") + b"\r\n") * 2 + head("GET", "/healthz", "connection: close") + b"\r\n"
        )
        with line.makefile("rb") as reply:
            assert reply.read().count(b"HTTP/1.1 200 OK") == 3


def test_a_mistake_of_ours_says_nothing_of_itself():
    def broken(_model):
        raise RuntimeError("the secret reason")

    world = memory_world(vendors=SimpleNamespace(of=broken))
    with serving(make_picture(), world) as url:
        status, _, said = asked(url, posted(chat()))
    assert (status, json.loads(said)["error"]["code"]) == (503, "not_ready")
    assert b"secret" not in said
