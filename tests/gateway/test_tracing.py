"""Traces: a span for the call, its stages and each try, in the caller's trace, without anybody's words."""

import asyncio

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from aiops.env import BadEnvironment
from aiops.gateway import tracing
from aiops.gateway.memory import MemoryRecorder, MemoryVendors, memory_world
from aiops.gateway.spans import Exporter
from aiops.gateway.tracing import Finished, TracedRecorder, carried, carrying
from aiops.providers.errors import ServerError
from tests.fakes.listener import listening
from tests.gateway.served import TOKEN, make_picture, serving
from tests.gateway.world import Vendor

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OK, ERROR, SERVER, INTERNAL, CLIENT = 0, 2, 2, 1, 3


def keeping(batches):
    """An export that keeps what it is given."""

    def export(batch):
        batches.append(batch)
        return True

    return export


async def app(scope, receive, send):
    """Any ASGI app."""


def called(answers=("Fine.",), *, headers=None, policy=None, **asked):
    """The calls' facts after one request to a real gateway."""
    kept = []
    recorder = TracedRecorder(MemoryRecorder(), keeping(kept))
    world = memory_world(vendors=MemoryVendors({"small": Vendor(*answers)}), recorder=recorder)
    with serving(make_picture(policy or {"cache": {"on": False}}), world, through=carrying) as url:
        sent = {"authorization": f"Bearer {TOKEN}", **(headers or {})}
        body = {"inputs": {"ticket": "My card 4111 is lost"}, **asked}
        httpx.post(f"{url}/v1/features/summary/invoke", headers=sent, json=body)
    asyncio.run(recorder.send())
    return [call for batch in kept for call in batch]


def collected(calls):
    """The spans that a collector gets for them."""
    with listening(path="") as (url, seen):
        assert Exporter(url, "gw-1").export(calls) is True
    resources = [
        part for one in seen for part in ExportTraceServiceRequest.FromString(one.body).resource_spans
    ]
    assert {one.path for one in seen} <= {"/v1/traces"}
    return [span for part in resources for scope in part.scope_spans for span in scope.spans]


def facts(span):
    values = {one.key: one.value for one in span.attributes}
    return {name: getattr(value, value.WhichOneof("value")) for name, value in values.items()}


def test_a_call_is_a_span_with_its_stages_within_each_other_and_the_try_of_a_model():
    call, *stages, attempt = collected(called())
    assert (call.name, call.kind, call.parent_span_id) == ("call summary", SERVER, b"")
    names = ["recorder", "fallback", "kill_switch", "cache", "approval", "breaker", "router"]
    assert [stage.name for stage in stages[:7]] == names
    around = [call, *stages]
    assert [stage.parent_span_id for stage in stages] == [one.span_id for one in around[:-1]]
    assert {span.trace_id for span in (*around, attempt)} == {call.trace_id}
    assert (attempt.name, attempt.kind, attempt.parent_span_id) == ("chat small", CLIENT, stages[-1].span_id)
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in (*around, attempt))


def test_attributes_are_those_of_the_conventions():
    call, *_, attempt = collected(called())
    said = facts(attempt)
    assert (said["gen_ai.operation.name"], said["gen_ai.request.model"]) == ("chat", "small")
    assert {"gen_ai.provider.name", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"} <= set(said)
    about = facts(call)
    assert (about["aiops.feature"], about["aiops.outcome"], about["aiops.tenant"]) == (
        "summary", "answered", "acme"
    )  # fmt: skip  # short names, packed: they would fill the page


def test_no_words_of_callers_or_models_leave():
    calls = called(
        answers=(ServerError("You asked: My card 4111 is lost", status=500),), policy={"attempts": 1}
    )
    calls += called(answers=("Your card 4111 is lost, I hear.",))
    for span in collected(calls):
        assert b"4111" not in span.SerializeToString()


def test_the_callers_trace_goes_on():
    call, *_ = collected(called(headers={"traceparent": CALLER, "tracestate": "vendor=1"}))
    assert (call.trace_id.hex(), call.parent_span_id.hex()) == (CALLER[3:35], CALLER[36:52])
    assert call.trace_state == "vendor=1"


def test_a_caller_that_is_not_sampled_is_not_traced():
    assert collected(called(headers={"traceparent": f"{CALLER[:-2]}00"})) == []


@pytest.mark.parametrize("given", ["nonsense", f"ff{CALLER[2:]}", "00-" + "0" * 32 + CALLER[35:]])
def test_what_is_no_trace_begins_one_of_its_own(given):
    call, *_ = collected(called(headers={"traceparent": given}))
    assert (call.parent_span_id, call.trace_id.hex() in given) == (b"", False)


def test_a_failure_is_one_without_its_words():
    calls = called(answers=(ServerError("away", status=500),), policy={"attempts": 1})
    call, *_, attempt = collected(calls)
    assert (call.status.code, facts(call)["error.type"]) == (ERROR, "provider_error")
    assert (attempt.status.code, facts(attempt)["error.type"], attempt.status.message) == (
        ERROR,
        "_OTHER",
        "",
    )


def test_more_than_may_wait_is_dropped_and_blocks_nobody(monkeypatch):
    monkeypatch.setattr(tracing, "MOST", 2)
    record = dict(called()[0].facts)
    batches, written = [], MemoryRecorder()
    recorder = TracedRecorder(written, keeping(batches))
    for _ in range(5):
        recorder.write(record)
    asyncio.run(recorder.send())
    assert ([len(batch) for batch in batches], len(written.records)) == ([2], 5)


def test_a_collector_that_is_away_costs_the_traces_alone():
    with listening(status=400, path="") as (url, _):
        export = Exporter(url, "gw-1").export
        assert export(called()) is False
    recorder = TracedRecorder(MemoryRecorder(), lambda _batch: False)
    recorder.write(called()[0].facts)
    asyncio.run(recorder.send())


def test_at_the_end_what_waits_is_sent():
    batches = []
    recorder = TracedRecorder(MemoryRecorder(), keeping(batches))
    record = called()[0].facts

    async def lived():
        task = asyncio.create_task(recorder.run())
        await asyncio.sleep(0)
        recorder.write(record)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(lived())
    assert batches == [[Finished(record)]]


def test_without_an_address_nothing_is_wrapped(monkeypatch):
    monkeypatch.delenv(tracing.VARIABLE, raising=False)
    recorder = MemoryRecorder()
    assert (tracing.traced(recorder, "gw-1"), carried(app), tracing.running(recorder)) == (
        recorder, app, ()
    )  # fmt: skip  # short names, packed: they would fill the page


def test_with_an_address_calls_are_traced(monkeypatch):
    monkeypatch.setenv(tracing.VARIABLE, "http://127.0.0.1:4318/")
    recorder = tracing.traced(MemoryRecorder(), "gw-1")
    assert (tracing.running(recorder), carried(app) is app) == ((recorder,), False)
    recorder.feedback({"call_id": "x"})


def test_an_address_of_another_kind_is_refused(monkeypatch):
    monkeypatch.setenv(tracing.VARIABLE, "localhost:4317")
    with pytest.raises(BadEnvironment, match="must start with"):
        tracing.endpoint()
