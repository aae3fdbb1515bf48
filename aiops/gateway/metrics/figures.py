"""What is counted of each call. The names of `gen_ai_…` are OpenTelemetry's for clients of models.

A process counts in memory-mapped files of its own below AIOPS_HOME; whichever process is asked adds up all of
them. Between two handings over a call costs a few additions in memory.
"""

import asyncio
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from aiops import env
from aiops.gateway.metrics.retired import gathered, one_at_a_time
from aiops.gateway.metrics.tally import Spread, Sum

SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKENS = tuple(float(4**power) for power in range(14))
OVERHEAD = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024)
_MODEL = ("gen_ai_request_model", "gen_ai_provider_name")
_READ, _WRITTEN = ("input", "cached_input", "cache_write"), ("output", "reasoning")


class Figures:
    """`with_tenant`: tenants are labels too; there may be many."""

    def __init__(self, folder: Path, *, with_tenant: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        env.use_metrics_folder(folder)
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # it has no types
        gathered(folder)
        self.folder = folder
        self._with_tenant = with_tenant
        self._tallies: dict[tuple[Any, ...], Sum | Spread] = {}
        whose = ("tenant",) if with_tenant else ()
        made: dict[str, Any] = {"registry": CollectorRegistry()}
        self._name_calls(whose, made)
        self._name_models(made)
        self._name_gauges(whose, made)

    def _name_calls(self, whose: tuple[str, ...], made: dict[str, Any]) -> None:
        self._calls = Counter(
            "aiops_calls", "Calls by what became of them.", ("feature", "outcome", "reason", *whose), **made
        )
        self._cost = Counter("aiops_call_cost_usd", "What calls cost, in USD.", ("feature", *whose), **made)
        self._cache = Counter("aiops_cache", "Look-ups in the cache.", ("result",), **made)
        self._late = Counter(
            "aiops_cache_late", "Calls that went on without questions in other words.", **made
        )
        self._overhead = Histogram(
            "aiops_gateway_overhead_seconds", "A call's time without the model's.", buckets=OVERHEAD, **made
        )

    def _name_models(self, made: dict[str, Any]) -> None:
        self._duration = Histogram(
            "gen_ai_client_operation_duration_seconds",
            "The time of one attempt at a model.",
            ("gen_ai_operation_name", *_MODEL, "error_type"),
            buckets=SECONDS,
            **made,
        )
        self._tokens = Histogram(
            "gen_ai_client_token_usage",
            "Tokens of a call.",
            ("gen_ai_token_type", *_MODEL),
            buckets=TOKENS,
            **made,
        )

    def _name_gauges(self, whose: tuple[str, ...], made: dict[str, Any]) -> None:
        self._left = Gauge(
            "aiops_budget_remaining_usd",
            "What a budget's present period has left.",
            ("budget", "period", "feature", *whose),
            multiprocess_mode="livemostrecent",
            **made,
        )
        self._age = Gauge(
            "aiops_snapshot_age_seconds",
            "How old a process's decisions are at most.",
            multiprocess_mode="livemax",
            **made,
        )
        self._spooled = Gauge(
            "aiops_spool_records",
            "Records that wait for the database.",
            multiprocess_mode="livesum",
            **made,
        )

    def count(self, record: Mapping[str, Any]) -> None:
        """One call, as it is recorded."""
        whose = (record["tenant"],) if self._with_tenant else ()
        feature = record["feature"]
        self._add(1, self._calls, feature, record["outcome"], record["reason"], *whose)
        if cost := float(record["cost"]):
            self._add(cost, self._cost, feature, *whose)
        if record["cache"] != "off":
            self._add(1, self._cache, record["cache"])
        self._add(record["overhead_ms"] / 1000, self._overhead)
        for attempt in record["attempts"]:
            self._attempted(attempt, _operation(record))
        if record["attempts"]:
            self._used(record["tokens"], record["attempts"][-1])

    def count_late(self) -> None:
        """A call whose look-up in the semantic cache took too long."""
        self._add(1, self._late)

    def now(self, *, age: float, spooled: int) -> None:
        self._age.set(age)
        self._spooled.set(spooled)

    def left(self, rows: Iterable[tuple[int, str, str, str, Decimal]]) -> None:
        """Of each budget: its id, period, feature and tenant ("" for all), and USD."""
        for budget, period, feature, tenant, amount in rows:
            whose = (tenant,) if self._with_tenant else ()
            self._left.labels(str(budget), period, feature, *whose).set(float(amount))

    def hand_over(self) -> None:
        """What was counted meanwhile, to where all processes look. In the thread that counts."""
        for tally in self._tallies.values():
            tally.hand_over()

    async def page(self, accept: str = "") -> tuple[bytes, str]:
        """All processes' figures, and their media type."""
        self.hand_over()
        return await asyncio.to_thread(self._read, accept)

    def _read(self, accept: str) -> tuple[bytes, str]:
        with one_at_a_time(self.folder):
            gathered(self.folder)
            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=str(self.folder))  # type: ignore[no-untyped-call]  # it has no types
            encode, kind = choose_encoder(accept)
            return encode(registry), kind

    def _attempted(self, attempt: Mapping[str, Any], operation: str) -> None:
        error = "error" if attempt["error"] else ""
        seconds = attempt["latency_ms"] / 1000
        self._add(seconds, self._duration, operation, attempt["model"], attempt["provider"], error)

    def _used(self, tokens: Mapping[str, int], attempt: Mapping[str, Any]) -> None:
        for kind, classes in (("input", _READ), ("output", _WRITTEN)):
            if number := sum(tokens[name] for name in classes):
                self._add(number, self._tokens, kind, attempt["model"], attempt["provider"])

    def _add(self, amount: float, metric: Counter | Histogram, *labels: str) -> None:
        tally = self._tallies.get((metric, *labels))
        if tally is None:
            child = metric.labels(*labels) if labels else metric
            tally = Sum(child) if isinstance(metric, Counter) else Spread(child)
            self._tallies[metric, *labels] = tally
        tally.add(amount)


def _operation(record: Mapping[str, Any]) -> str:
    """A feature of kind embedding has a stage of its own, the innermost."""
    spans = record["spans"]
    return "embeddings" if spans and spans[-1]["stage"] == "embedding" else "chat"
