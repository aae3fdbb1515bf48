"""The drift of a day of 100,000 outputs: collected hour by hour, each hour looked at, and the whole day.

    python -m benchmarks.drift_day [--calls 100000]

On a PostgreSQL of its own, with five weeks of windows as large before it. Every output is another one, so
that nothing is remembered from the call before. Memory is the highest of this process, Django with it.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks._runs import server

SECONDS, MEGABYTES = 60.0, 1000
DAY = datetime(2026, 11, 18, tzinfo=UTC)
WEEKS = 5
_CALLS = """
INSERT INTO gateway_call (at, id, tenant, feature, key, "user", locale, category, outcome, reason, served_by,
  cache, approach, approach_name, version_id, version_number, arm, model, provider, finish_reason,
  input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost, unaccounted,
  latency_ms, overhead_ms, stream, attempts, spans, checks, error, revision, ticket, metadata, inputs,
  messages, output,
  passages, rejected)
SELECT at, 'call_' || lpad(n::text, 26, '0'), 'acme', 'reply', '', 'agent-' || n %% 900,
  (ARRAY['en', 'de', 'fr', 'es', 'ja'])[1 + n %% 5], 'category ' || n %% 12, 'answered', '', '', 'miss',
  'prompt', 'reply v3', 3, 3, 'stable', 'large', 'vendor', 'stop', 200, 0, 0, 80, 0, 0.001 * (1 + n %% 9), 0,
  300 + n * 7919 %% 900, 2, false, '[]', '[]',
  jsonb_build_array(jsonb_build_object('name', 'schema', 'passed', n %% 60 > 0, 'enforced', false)), '', 1,
  '', '{}', jsonb_build_object('ticket', said), '[]', 'The customer writes: ' || said,
  jsonb_build_array(jsonb_build_object('n', 1, 'score', (n %% 100) / 100.0, 'text', said)), NULL
FROM (
  SELECT n, %(day)s::timestamptz + n * interval '86400 seconds' / %(calls)s AS at,
    (SELECT string_agg((ARRAY[{words}])[1 + (hashtext(n || ' ' || i) & 1023) %% {count}], ' ')
     FROM generate_series(1, 60) AS i) AS said
  FROM generate_series(0, %(calls)s - 1) AS n
) AS each
"""
_BEFORE = """
INSERT INTO monitoring_driftwindow (feature, hour, serving, is_candidate, calls, answers, rates, mixes,
  sampled, sample, is_thin)
SELECT feature, hour - days * interval '1 day', serving, is_candidate, calls, answers, rates, mixes, sampled,
  sample, false
FROM monitoring_driftwindow, generate_series(1, %s) AS days WHERE hour >= %s
"""
WORDS = """
the a of to and in for that with this your our we you it is was are will would order parcel invoice
account delivery refund return payment customer ticket question answer box label week month today number
address card shipped broken missing late early wrong open close change cancel confirm receive send write call
help lamp chair table phone battery cable screen black white green small large first second again never always
because however please thank sorry quickly slowly carefully finally nearly almost
"""


def main() -> int:
    options = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    options.add_argument("--calls", type=int, default=100_000)
    calls = options.parse_args().calls
    with tempfile.TemporaryDirectory(prefix="aiops-drift-") as folder, server(Path(folder)):
        return measured(calls)


def measured(calls: int) -> int:
    from django.db import connection  # noqa: PLC0415 - needs the settings

    from aiops.monitoring.drift import checking, collecting  # noqa: PLC0415 - as above

    hours = [DAY + timedelta(hours=hour) for hour in range(24)]
    fill(calls)
    collected, found = timed(lambda: sum(collecting.collect("reply", hour) for hour in hours))
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, [WEEKS * 7, DAY])
        cursor.execute("ANALYZE")
    hourly, _ = timed(lambda: [checking.check("reply", "hour", hour) for hour in hours])
    daily, looked = timed(lambda: checking.check("reply", "day", DAY))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    states = dict(sorted({one.signal: one.state for one in looked.readings.all()}.items()))
    print(f"{found:,} calls collected in {collected:.1f} s")
    print(f"24 hours looked at in {hourly:.1f} s, the day in {daily:.1f} s: {states}")
    whole = collected + hourly + daily
    print(f"in all {whole:.1f} s (bound {SECONDS:.0f}), memory {memory:.0f} MB (bound {MEGABYTES})")
    return int(found != calls or whole > SECONDS or memory > MEGABYTES)


def fill(calls: int) -> None:
    """Store the day's calls."""
    from django.db import connection  # noqa: PLC0415 - needs the settings

    words = ", ".join(f"'{word}'" for word in WORDS.split())
    with connection.cursor() as cursor:
        cursor.execute("SELECT gateway_make_partitions(%s::date, 2)", [DAY])
        statement = _CALLS.replace("{words}", words).replace("{count}", str(len(WORDS.split())))
        cursor.execute(statement, {"day": DAY, "calls": calls})
        cursor.execute("ANALYZE gateway_call")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """How long it took; the share of the processor is printed, since a machine may have other work."""
    began, used = time.perf_counter(), time.process_time()
    found = work()
    took = time.perf_counter() - began
    print(f"  {took:.1f} s, {time.process_time() - used:.1f} s of the processor", flush=True)
    return took, found


if __name__ == "__main__":
    sys.exit(main())
