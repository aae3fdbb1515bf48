"""A stream is the same answer wherever the network or the vendor happens to cut it."""

import asyncio
import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aiops.providers.anthropic import Anthropic
from aiops.providers.openai_compatible import OpenAICompatible
from aiops.providers.protocol import ChatReply
from tests.providers.conftest import request_of

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def openai_events(chunks: Iterable[str]) -> list[dict[str, Any]]:
    usage = {"prompt_tokens": 9, "completion_tokens": 7, "completion_tokens_details": {"reasoning_tokens": 2}}
    return [
        {"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
        *({"choices": [{"index": 0, "delta": {"content": chunk}}]} for chunk in chunks),
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]},
        {"choices": [], "usage": usage},
    ]


def anthropic_events(chunks: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {
            "type": "message_start",
            "message": {"id": "x", "model": "m", "usage": {"input_tokens": 9, "output_tokens": 1}},
        },
        {"type": "ping"},
        *(
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": chunk}}
            for chunk in chunks
        ),
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]


DIALECTS = {"openai": (openai_events, OpenAICompatible), "anthropic": (anthropic_events, Anthropic)}


def lines_of(events: Iterable[dict[str, Any]], end: str, *, escaped: bool) -> bytes:
    """As a vendor sends them, with a comment that keeps the connection alive."""
    said = [f"data: {json.dumps(event, ensure_ascii=escaped)}{end}{end}" for event in events]
    return "".join([*said[:1], f": still here{end}{end}", *said[1:], f"data: [DONE]{end}{end}"]).encode()


def heard(dialect: str, pieces: Iterable[bytes]) -> tuple[str, ChatReply]:
    """All pieces of text joined, and the whole reply, of a vendor that writes `pieces` one by one."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
        for piece in (HEAD, *pieces):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    async def go() -> tuple[str, ChatReply]:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            vendor: Any = DIALECTS[dialect][1](base_url=f"http://127.0.0.1:{port}/v1", api_key="k")
            found = [piece async for piece in vendor.stream(request_of(), timeout=5)]
            await vendor.close()
        reply = found[-1].reply
        assert reply is not None
        return "".join(piece.text for piece in found), reply

    return asyncio.run(go())


def cut(whole: bytes, places: Iterable[int]) -> list[bytes]:
    edges = sorted({place % (len(whole) + 1) for place in places} | {0, len(whole)})
    return [whole[begin:end] for begin, end in pairwise(edges)]


def cut_units(text: str, places: Iterable[int]) -> list[str]:
    """`text` cut between any two units of UTF-16, as a vendor cuts that counts so."""
    units = text.encode("utf-16-le")
    pieces = cut(bytes(len(units) // 2), places)
    found, begin = [], 0
    for piece in pieces:
        end = begin + 2 * len(piece)
        found.append(units[begin:end].decode("utf-16-le", "surrogatepass"))
        begin = end
    return found


PLACES = st.lists(st.integers(0, 5000), max_size=12)


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=25, derandomize=True)
@given(
    text=st.text(st.characters(exclude_characters="\0"), max_size=30),
    chunks=PLACES,
    bytes_=PLACES,
    end=st.sampled_from(("\n", "\r\n")),
    escaped=st.booleans(),
)
@example(text="a😀ü", chunks=[2], bytes_=list(range(5000)), end="\n", escaped=True)
@example(text="日本🇩🇪", chunks=[], bytes_=list(range(5000)), end="\r\n", escaped=False)
def test_a_stream_is_the_same_wherever_it_is_cut(dialect, text, chunks, bytes_, end, escaped):
    events_of, _ = DIALECTS[dialect]
    parts = cut_units(text, chunks)
    halves = any("\ud800" <= char <= "\udfff" for part in parts for char in part)
    said = lines_of(events_of(parts), end, escaped=escaped or halves)
    shown, reply = heard(dialect, cut(said, bytes_))
    assert (shown, reply.text) == (text, text)
    assert (reply.finish_reason, reply.usage_reported, reply.vendor_id) == ("length", True, "x")
    used = reply.usage
    assert (used.input, used.output + used.reasoning) == (9, 7)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_half_a_character_at_the_end_is_a_replacement(dialect):
    events_of, _ = DIALECTS[dialect]
    _, reply = heard(dialect, [lines_of(events_of(["a\ud83d"]), "\n", escaped=True)])
    assert reply.text == "a\N{REPLACEMENT CHARACTER}"
