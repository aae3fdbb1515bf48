"""How long a reviewer waits for the next item with a million calls and fifty thousand items stored.

    python -m benchmarks.review_next [--calls 1000000] [--items 50000] [--times 100] [--at-most 150]

Whole requests through Django's handler on a PostgreSQL as `up` runs it: a grade is sent, and the page with
the next item asked for, as the grading page does; beside it the one statement that claims a seat. The
baseline is the list of features, asked for in turn, so that a busy machine slows down both. Then the sampler
draws an hour of calls.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks._runs import server

_CALLS = """
INSERT INTO gateway_call (at, id, tenant, feature, key, "user", locale, category, outcome, reason, served_by,
  cache, approach, approach_name, version_id, version_number, arm, model, provider, finish_reason,
  input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost, unaccounted,
  latency_ms, overhead_ms, stream, attempts, spans, checks, error, revision, ticket, metadata, inputs,
  messages, output, passages)
SELECT date_trunc('hour', now()) - n * interval '2.5 seconds', 'call_' || lpad(n::text, 26, '0'),
  'acme', 'reply', 'acme0001', '', (ARRAY['en', 'de', 'ja'])[1 + n %% 3], 'category ' || n %% 8,
  CASE WHEN n %% 50 = 0 THEN 'refused' ELSE 'answered' END, '', '', 'miss', 'prompt', 'reply v3', 3, 3,
  CASE WHEN n %% 10 = 0 THEN 'candidate' ELSE 'stable' END, 'small', 'vendor', 'stop', 200, 0, 0,
  20 + n %% 60, 0, 0.0014, 0, 300, 5, false, '[]', '[]',
  '[{"name": "length", "passed": true, "margin": 0.5}]', '', 1, '', '{}',
  jsonb_build_object('ticket', repeat('Where is order ' || n || '? ', 4)), NULL,
  repeat('Order ' || n || ' is on its way. ', 5), '[]'
FROM generate_series(1, %(calls)s) AS n
"""
_ITEMS = """
INSERT INTO reviews_reviewitem (feature_id, source, source_id, source_at, tenant, locale, language, category,
  approach_name, version_id, version_number, model, arm, stratum, probability, is_random, week, seats, state,
  scale, inputs, output, passages, note, created_at, done_at)
SELECT %(feature)s, 'call', id, at, tenant, locale, locale, category, approach_name, version_id,
  version_number, model, arm, 'random', 0.05, true, date_trunc('week', at)::date, 1 + n %% 2,
  CASE WHEN n <= %(done)s THEN 'done' ELSE 'open' END, 'pass_fail', inputs, output, passages, '', at,
  CASE WHEN n <= %(done)s THEN at END
FROM (SELECT *, row_number() OVER (ORDER BY at, id) AS n FROM gateway_call LIMIT %(items)s) AS calls
"""
_SEATS = """
INSERT INTO reviews_seat (item_id, role, number, state, feature_id, language, rank, reviewer_id, token,
  claimed_at, graded_at)
SELECT i.id, 'grade', number, CASE WHEN i.state = 'done' THEN 'graded' ELSE 'free' END, i.feature_id,
  i.language, 5, CASE WHEN i.state = 'done' THEN (%(people)s::bigint[])[number] END,
  CASE WHEN i.state = 'done' THEN gen_random_uuid() END,
  CASE WHEN i.state = 'done' THEN now() END, CASE WHEN i.state = 'done' THEN now() END
FROM reviews_reviewitem i CROSS JOIN LATERAL generate_series(1, i.seats) AS number
"""


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="aiops-bench-", dir="/tmp") as name, server(Path(name)):
        feature, person = _fill(options)
        held = _next(person, options)
        _draw(feature)
        return 0 if held else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--at-most", type=float, default=150, help="ms; exit 1 where p95 is above")
    return parser.parse_args()


def _fill(options: argparse.Namespace) -> tuple[Any, Any]:
    from django.db import connection, transaction  # noqa: PLC0415 - needs the settings

    from tests.factories import make_feature, make_guideline, make_sampling, make_user  # noqa: PLC0415 - as above

    begun = time.monotonic()
    feature = make_feature(slug="reply")
    make_guideline(feature=feature)
    make_sampling(feature=feature)
    person = make_user(roles=["reviewer"], languages=["ja"])
    others = [make_user(roles=["reviewer"], languages=["en", "de", "ja"]).pk for _ in range(2)]
    values = {
        "calls": options.calls, "items": options.items, "done": options.items * 4 // 5, "feature": feature.pk,
        "people": others,
    }  # fmt: skip  # pairs, read as a table
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # a graded seat here has no grade
        for statement in (_CALLS, _ITEMS, _SEATS):
            cursor.execute(statement, values)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"{options.calls:,} calls, {options.items:,} items stored in {time.monotonic() - begun:.0f} s")
    return feature, person


def _next(person: Any, options: argparse.Namespace) -> bool:
    from django.test import Client  # noqa: PLC0415 - needs the settings

    from aiops.reviews import claiming  # noqa: PLC0415 - as above

    client = Client()
    client.force_login(person)
    for address in ("/features/", "/review/"):  # templates are compiled once
        client.get(address)
    usual, whole, statement = [], [], []
    for _ in range(options.times):
        usual.append(_taken(lambda: client.get("/features/")))
        seat = claiming.claim_next(person)
        if seat is None:
            raise SystemExit("nothing is left to grade: more items, or fewer times")
        sent = {"token": str(seat.token), "raw": "1", "seconds": "12"}
        address = f"/review/seats/{seat.pk}/grade/"
        whole.append(_taken(lambda: client.post(address, sent, follow=True)))  # noqa: B023 - called at once
        claiming.give_back(*_held(claiming.claim_next(person)))
        statement.append(_taken(lambda: claiming.claim_next(person)))
    baseline = _p95(usual)
    print(f"list of features (baseline): median {statistics.median(usual):.0f} ms, p95 {baseline:.0f} ms")
    print(f"the claim alone: median {statistics.median(statement):.1f} ms, p95 {_p95(statement):.1f} ms")
    found = _p95(whole)
    print(
        f"grade sent, next item shown: median {statistics.median(whole):.0f} ms, p95 {found:.0f} ms "
        f"({found / options.at_most:.2f} of its bound, {found / baseline:.1f} times the baseline)"
    )
    return found <= options.at_most


def _held(seat: Any) -> tuple[int, Any]:
    return seat.pk, seat.token


def _draw(feature: Any) -> None:
    from aiops.reviews.sampling.batches import draw_next  # noqa: PLC0415 - needs the settings

    taken = _taken(lambda: draw_next(feature.sampling.pk))
    batches = feature.batches.filter(late=False).values_list("population", "drawn")
    calls, drawn = (sum(column) for column in zip(*batches, strict=True))
    print(f"the sampler: an hour of {calls:,} calls in {taken / 1000:.1f} s, {drawn} drawn")


def _taken(work: Any) -> float:
    """Milliseconds."""
    start = time.monotonic()
    answer = work()
    if getattr(answer, "status_code", 200) != 200:
        raise SystemExit(f"status {answer.status_code}")
    return (time.monotonic() - start) * 1000


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    sys.exit(main())
