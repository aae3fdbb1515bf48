"""The results of a run as CSV or JSON Lines, as a stream: 100,000 of them take no more memory than 500."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from aiops.core.exports import stream_csv
from aiops.evaluations.models import Result, Run
from aiops.evaluations.scorers import CHECKS

CHUNK = 500
_FACTS = (
    "finish_reason",
    "latency_ms",
    "attempts",
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "explanation",
    "fold",
)


def csv_response(run: Run, rows: QuerySet[Result]) -> StreamingHttpResponse:
    """One row for each result; three columns for each scorer."""
    names = [*(scorer["name"] for scorer in run.scorers), CHECKS]
    scores = [f"{name} {part}" for name in names for part in ("value", "passed", "reason")]
    header = ["case", "repeat", "category", "locale", "expected", "output", "error_kind", "error", *_FACTS]
    return stream_csv(
        f"run-{run.pk}.csv",
        [*header, "cost_usd", "reused_from_run", *scores],
        (_line(result, names) for result in _chunks(rows)),
    )


def jsonl_response(run: Run, rows: QuerySet[Result]) -> StreamingHttpResponse:
    """One JSON object for each result, with inputs and rendered messages."""
    body = (json.dumps(record(result), ensure_ascii=False) + "\n" for result in _chunks(rows))
    response = StreamingHttpResponse(body, content_type="application/jsonl; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}.jsonl"'
    return response


def record(result: Result) -> dict[str, Any]:
    """A result as JSON: what was asked, what came back, what it was judged."""
    case = result.case
    return {
        "case": case.key,
        "repeat": result.repeat,
        "category": case.category,
        "locale": case.locale,
        "inputs": case.inputs,
        "expected": case.expected,
        "messages": result.messages,
        "output": result.output,
        "error": {"kind": result.error_kind, "message": result.error} if result.error_kind else None,
        **{name: getattr(result, name) for name in _FACTS},
        "cost_usd": str(result.cost),
        "reused_from_run": result.reused_from.run_id if result.reused_from else None,
        "scores": [
            {"scorer": score.scorer, "value": score.value, "passed": score.passed, "reason": score.reason}
            for score in result.scores.all()
        ],
    }


def _chunks(rows: QuerySet[Result]) -> Iterator[Result]:
    return rows.select_related("reused_from").prefetch_related("scores").iterator(chunk_size=CHUNK)


def _line(result: Result, names: list[str]) -> list[object]:
    case = result.case
    by_name = {score.scorer: score for score in result.scores.all()}
    scores: list[object] = []
    for name in names:
        score = by_name.get(name)
        scores += [score.value, score.passed, score.reason] if score else ["", "", ""]
    expected = (
        case.expected if isinstance(case.expected, str) else json.dumps(case.expected, ensure_ascii=False)
    )
    return [
        case.key,
        result.repeat,
        case.category,
        case.locale,
        "" if case.expected is None else expected,
        result.output,
        result.error_kind,
        result.error,
        *(getattr(result, name) for name in _FACTS),
        result.cost,
        result.reused_from.run_id if result.reused_from else None,
        *scores,
    ]
