import asyncio
import json
from typing import Any

import pytest

from aiops.providers.errors import BadReply, ProviderError, RateLimited, Refused, ServerError, Timeout
from aiops.providers.protocol import ChatPiece, ChatReply, ChatRequest, Message
from aiops.providers.simulated import Simulated, latency, tokens
from aiops.providers.simulated.brief import read
from aiops.providers.simulated.draws import fraction
from aiops.providers.simulated.language import language_of

TICKET = "My kettle leaks, there is a puddle every morning. Order HK-482137. Please send me a replacement."


def request(text: str = TICKET, system: str = "Summarise the ticket.", **values: Any) -> ChatRequest:
    messages = (Message("system", system), Message("user", text))
    return ChatRequest(**{"model": "sim-large", "messages": messages, "max_tokens": 300, **values})


def ask(asked: ChatRequest, timeout: float = 60, **settings: Any) -> ChatReply:
    return asyncio.run(Simulated({"time_scale": 0, **settings}).chat(asked, timeout=timeout))


def test_the_same_request_gets_the_same_reply():
    assert ask(request()) == ask(request())


def test_another_seed_is_another_model():
    replies = {ask(request(), seed=seed).latency_ms for seed in ("a", "b", "c")}
    assert len(replies) == 3


def test_a_reply_counts_tokens_states_its_latency_and_says_what_it_is():
    reply = ask(request())
    assert reply.usage.input > 20
    assert reply.usage.output == tokens.estimate(reply.text)
    assert reply.latency_ms is not None
    assert 40 <= reply.latency_ms < 5000
    assert (reply.finish_reason, reply.model, reply.raw) == ("stop", "sim-large", {"simulated": True})


@pytest.mark.parametrize(
    ("marker", "error", "status"),
    [
        ("timeout", Timeout, None),
        ("429", RateLimited, 429),
        ("500", ServerError, 500),
        ("400", Refused, 400),
        ("html", BadReply, 200),
    ],
)
def test_a_marker_makes_the_vendor_fail(marker: str, error: type[ProviderError], status: int | None):
    with pytest.raises(error) as caught:
        ask(request(f"{TICKET} [[simulate:{marker}]]"))
    assert caught.value.status == status


def test_a_rate_limit_says_when_to_come_back():
    with pytest.raises(RateLimited) as caught:
        ask(request("[[simulate:429]]"))
    assert (caught.value.retryable, caught.value.retry_after) == (True, 2.0)


def test_truncated_ends_in_the_middle():
    whole, cut = ask(request()), ask(request(f"{TICKET} [[simulate:truncated]]"))
    assert cut.finish_reason == "length"
    assert len(cut.text) < len(whole.text)


def test_slow_takes_ten_times_as_long():
    slow = ask(request("[[simulate:slow]]")).latency_ms
    assert slow is not None
    assert slow > 2000


def test_a_share_of_requests_fails():
    failed = 0
    for number in range(200):
        try:
            ask(request(f"{TICKET} {number}"), failure_rate=0.3)
        except ProviderError:
            failed += 1
    assert 40 <= failed <= 80


def test_the_latency_that_is_waited_for_counts_against_the_timeout():
    with pytest.raises(Timeout):
        ask(request(), timeout=0.01, time_scale=1.0)
    assert ask(request(), timeout=0.01, time_scale=0.0)


def test_the_answer_takes_its_latency_times_the_scale():
    async def timed() -> tuple[float, ChatReply]:
        loop = asyncio.get_running_loop()
        before = loop.time()
        reply = await Simulated({"time_scale": 0.05}).chat(request(), timeout=60)
        return loop.time() - before, reply

    took, reply = asyncio.run(timed())
    assert took >= (reply.latency_ms or 0) / 1000 * 0.05


def test_large_models_are_slower_than_small_ones():
    assert latency.milliseconds("small", 0.5) == pytest.approx(250)
    assert latency.milliseconds("large", 0.5) == pytest.approx(700)
    assert latency.milliseconds("large", 0.95) > 1.5 * latency.milliseconds("large", 0.5)


def test_a_stream_is_the_same_answer_in_pieces():
    async def pieces() -> list[ChatPiece]:
        provider = Simulated({"time_scale": 0})
        found = [piece async for piece in provider.stream(request(), timeout=5)]
        await provider.close()
        return found

    found = asyncio.run(pieces())
    assert len(found) > 5
    assert found[-1].reply == ask(request())
    assert "".join(piece.text for piece in found) == ask(request()).text
    assert all(piece.reply is None for piece in found[:-1])


def test_max_tokens_cuts_and_says_so():
    reply = ask(request(max_tokens=5))
    assert reply.finish_reason == "length"
    assert reply.usage.output <= 5


def test_a_stop_sequence_ends_the_answer():
    assert ask(request(stop=("customer",))).text == "The "


def test_unknown_settings_are_refused():
    with pytest.raises(ValueError, match="speed"):
        Simulated({"speed": 2})


def test_a_request_without_messages_is_answered():
    assert ask(ChatRequest(model="sim-small", messages=(), max_tokens=50)).text


def test_draws_are_uniform_enough():
    draws = [fraction("seed", number) for number in range(2000)]
    assert 0.47 < sum(draws) / len(draws) < 0.53
    assert fraction("a", 1) == fraction("a", 1)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("When was order HK-385127 shipped?", "en"),
        ("Wann wurde die Bestellung HK-331048 versandt?", "de"),
        ("Quand la commande HK-338218 a-t-elle été expédiée ?", "fr"),
        ("¿Cuándo se envió el pedido HK-309398?", "es"),
        ("orders58@example.netの最新の注文を見せてください。", "ja"),
        ("HK-385127", "en"),
    ],
)
def test_the_language_of_short_texts_is_found(text: str, language: str):
    assert language_of(text) == language


def test_japanese_is_denser_than_english():
    assert tokens.estimate("電気ケトルの底から水が漏れます。") > 10
    assert tokens.estimate("The kettle leaks.") == 4
    assert tokens.shorten("one two three four", 2) == "one two "


@pytest.mark.parametrize(
    ("content", "text", "around"),
    [
        ("Mind the tone.\n<ticket>\nIt leaks.\n</ticket>", "It leaks.", "Mind the tone."),
        ('Mind the tone.\n"""\nIt leaks.\n"""', "It leaks.", "Mind the tone.\n"),
        ("Mind the tone.\nTicket: It leaks.", "It leaks.", "Mind the tone.\n"),
        ("It leaks.", "It leaks.", ""),
    ],
)
def test_the_input_is_told_from_the_instructions(content: str, text: str, around: str):
    brief = read(ChatRequest(model="sim-mini", messages=(Message("user", content),), max_tokens=9), seed="")
    assert (brief.text, brief.instructions, brief.tier) == (text, around.strip(), "small")


def test_answered_examples_are_counted():
    messages = (
        Message("system", "Classify.\nExample: it leaks -> defect"),
        Message("user", "It leaks."),
        Message("assistant", "defect"),
        Message("user", "Where is it?"),
    )
    assert read(ChatRequest(model="m", messages=messages, max_tokens=9), seed="").examples == 2


def test_an_answer_to_a_schema_has_its_fields():
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"enum": ["x"]}, "c": {"type": "integer"}},
    }
    reply = ask(request("Bonjour !", system="Sois utile. JSON only.", response_schema=schema, seed=3))
    assert json.loads(reply.text).keys() == {"a", "b", "c"}
