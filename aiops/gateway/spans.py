"""A finished call as OpenTelemetry's spans: the call, its stages within each other, and each try of a model.

Names follow the semantic conventions for generative AI. Nothing that a caller or a model wrote is among them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from aiops.gateway.tracing import Finished

PATIENCE = 5.0  # seconds that a collector may take
_SCOPE = InstrumentationScope("aiops.gateway")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_CALL = (
    *("id", "tenant", "feature", "locale", "category", "outcome", "reason", "served_by", "cache", "approach"),
    *("approach_name", "version_number", "arm", "overhead_ms", "stream", "revision", "ticket"),
)
_TOKENS = {
    "gen_ai.usage.input_tokens": ("input", "cached_input", "cache_write"),
    "gen_ai.usage.output_tokens": ("output", "reasoning"),
    "gen_ai.usage.cache_read.input_tokens": ("cached_input",),
    "gen_ai.usage.cache_creation.input_tokens": ("cache_write",),
}
_ids = RandomIdGenerator()
_propagator = TraceContextTextMapPropagator()


class Exporter:
    """Sends calls to a collector, by OTLP over HTTP."""

    def __init__(self, endpoint: str, instance: str) -> None:
        address = f"{endpoint.rstrip('/')}/v1/traces"
        self._sender = OTLPSpanExporter(endpoint=address, timeout=PATIENCE)
        facts = {SERVICE_NAME: "aiops-gateway", SERVICE_INSTANCE_ID: instance}
        self._resource = Resource.create(facts)

    def export(self, calls: Sequence[Finished]) -> bool:
        """Whether the collector took them."""
        spans = [span for call in calls for span in spans_of(call, self._resource)]
        return not spans or self._sender.export(spans) is SpanExportResult.SUCCESS


def spans_of(call: Finished, resource: Resource) -> list[ReadableSpan]:
    """The call's span first. None where the caller's trace is not sampled: it is theirs to decide."""
    parent = _parent(call)
    if parent and not parent.trace_flags.sampled:
        return []
    return list(_Drawn(call.facts, parent, resource).spans())


def _parent(call: Finished) -> SpanContext | None:
    given = {"traceparent": call.traceparent, "tracestate": call.tracestate}
    found = get_current_span(_propagator.extract(given)).get_span_context() if call.traceparent else None
    return found if found and found.is_valid else None


class _Drawn:
    """One call on its way to spans."""

    def __init__(self, facts: Mapping[str, Any], parent: SpanContext | None, resource: Resource) -> None:
        self._facts = facts
        self._parent = parent
        self._resource = resource
        self._trace = parent.trace_id if parent else _ids.generate_trace_id()
        self._begun = int(facts["at"] * 1e9)
        stages = {span["stage"] for span in facts["spans"]}
        self._operation = "embeddings" if "embedding" in stages else "chat"

    def spans(self) -> Iterator[ReadableSpan]:
        whole = self._facts["latency_ms"]
        call = self._call(whole)
        yield call
        stages: list[tuple[float, float, ReadableSpan]] = []
        for span in self._facts["spans"]:
            begun, ended = span["begun_ms"], span["ended_ms"] or whole
            stage = self._stage(span, begun, ended, _around(stages, begun) or call)
            stages.append((begun, ended, stage))
            yield stage
        for attempt in self._facts["attempts"]:
            yield self._attempt(attempt, _around(stages, attempt["begun_ms"]) or call)

    def _call(self, whole: float) -> ReadableSpan:
        facts = self._facts
        kept = {f"aiops.{name}": facts[name] for name in _CALL if facts[name] not in ("", None)}
        refused = facts["outcome"] == "refused"
        if refused:
            kept["error.type"] = facts["reason"] or "_OTHER"
        kept["aiops.cost_usd"] = float(facts["cost"])
        return self._span(f"call {facts['feature']}", SpanKind.SERVER, self._parent, 0, whole, kept, refused)

    def _stage(
        self, span: Mapping[str, Any], begun: float, ended: float, within: ReadableSpan
    ) -> ReadableSpan:
        facts = {f"aiops.{name}": value for name, value in span["facts"].items() if _is_number(value)}
        facts |= {"aiops.decision": span["decision"]} if span["decision"] else {}
        return self._span(span["stage"], SpanKind.INTERNAL, within.context, begun, ended, facts)

    def _attempt(self, attempt: Mapping[str, Any], within: ReadableSpan) -> ReadableSpan:
        begun, failed = attempt["begun_ms"], bool(attempt["error"])
        facts: dict[str, Any] = {
            "gen_ai.operation.name": self._operation,
            "gen_ai.provider.name": attempt["provider"],
            "gen_ai.request.model": attempt["model"],
            "gen_ai.request.stream": self._facts["stream"],
        }
        for name, classes in _TOKENS.items():
            if number := sum(attempt["tokens"].get(one, 0) for one in classes):
                facts[name] = number
        if failed:
            facts["error.type"] = "_OTHER"  # its words may quote what was asked
        elif attempt is self._facts["attempts"][-1] and self._facts["finish_reason"]:
            facts["gen_ai.response.finish_reasons"] = (self._facts["finish_reason"],)
        facts["aiops.cost_usd"] = float(attempt["worst"] if attempt["cost"] is None else attempt["cost"])
        name = f"{self._operation} {attempt['model']}"
        ended = begun + attempt["latency_ms"]
        return self._span(name, SpanKind.CLIENT, within.context, begun, ended, facts, failed)

    def _span(
        self,
        name: str,
        kind: SpanKind,
        parent: SpanContext | None,
        begun: float,
        ended: float,
        facts: Mapping[str, Any],
        failed: bool = False,  # noqa: FBT001, FBT002 - the last of many, and false but for two
    ) -> ReadableSpan:
        state = self._parent.trace_state if self._parent else None
        return ReadableSpan(
            name,
            context=SpanContext(self._trace, _ids.generate_span_id(), False, _SAMPLED, state),
            parent=parent,
            resource=self._resource,
            attributes=dict(facts),
            kind=kind,
            status=Status(StatusCode.ERROR) if failed else Status(),
            start_time=self._begun + int(begun * 1e6),
            end_time=self._begun + int(ended * 1e6),
            instrumentation_scope=_SCOPE,
        )


def _around(stages: Sequence[tuple[float, float, ReadableSpan]], begun: float) -> ReadableSpan | None:
    """The innermost stage that was under way at `begun`: of those, the one that began last."""
    return next((stage for start, end, stage in reversed(stages) if start <= begun <= end), None)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)
