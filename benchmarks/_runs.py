"""Finished runs over many cases, written by SQL: for programs that measure how they are read."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SCORERS = [{"name": "exact", "type": "exact"}, {"name": "contains", "type": "contains"}]
SCORERS += [{"name": "length", "type": "length"}]

_CASES = """
INSERT INTO datasets_case (dataset_id, key, since, position, inputs, expected, category, locale, tags,
  metadata, must_pass, checks, digest, created_at)
SELECT %(dataset)s, 'case-' || n, 1, n,
  jsonb_build_object('ticket', repeat('Where is order ' || n || '? ', 8)), to_jsonb('label ' || n %% 8),
  'category ' || n %% 8, (ARRAY['en', 'de', 'fr', 'es', 'ja'])[1 + n %% 5], '{}', '{}', n %% 500 = 0,
  '[]', '', now()
FROM generate_series(1, %(cases)s) AS n
"""
_RESULTS = """
INSERT INTO evaluations_result (run_id, case_id, repeat, output, error_kind, error, messages, input_tokens,
  cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, usage_reported, cost, unaccounted,
  latency_ms, attempts, finish_reason, created_at, explanation, judge_cost)
SELECT %(run)s, id, 0, repeat('The answer of run %(run)s to ' || key || '. ', 6),
  CASE WHEN failed THEN 'timeout' ELSE '' END, CASE WHEN failed THEN 'No answer.' ELSE '' END,
  jsonb_build_array(jsonb_build_object('role', 'user', 'content', inputs ->> 'ticket')), 200, 0, 0, 50, 0,
  true, 0.0014, 0, 200 + (position * 7919) %% 900, 1, 'stop', now(), '', 0
FROM (
  SELECT *, (position * 31 + %(run)s) %% 997 = 0 AS failed FROM datasets_case WHERE dataset_id = %(dataset)s
) AS each ORDER BY position
"""
_SCORES = """
INSERT INTO evaluations_score (result_id, scorer, value, passed, reason)
SELECT result.id, scorer.name, CASE WHEN scorer.name = 'length' THEN 0.5 ELSE passed::int END,
  CASE WHEN scorer.name <> 'length' THEN passed END, 'It says so.'
FROM evaluations_result AS result JOIN datasets_case AS c ON c.id = result.case_id,
  unnest(ARRAY['exact', 'contains', 'length']) AS scorer(name),
  LATERAL (SELECT (c.position * 7907 + %(run)s * 13 + length(scorer.name)) %% 100 >= 14 AS passed) AS judged
WHERE result.run_id = %(run)s AND result.error_kind = ''
"""


@contextlib.contextmanager
def server(folder: Path) -> Iterator[None]:
    """A PostgreSQL as `up` runs it, migrated, with Django set up on it."""
    from aiops.operations.postgres import Postgres, stop  # noqa: PLC0415 - not for --help

    postgres = Postgres(folder / "postgres", folder / "run")
    postgres.prepare()
    process = postgres.start(folder / "postgres.log")
    try:
        postgres.wait()
        postgres.ensure_database("aiops")
        (folder / "home" / "static").mkdir(parents=True)
        os.environ.update(  # noqa: TID251 - for this program and those it starts
            DJANGO_SETTINGS_MODULE="aiops.settings",
            DATABASE_URL=postgres.url("aiops"),
            AIOPS_HOME=str(folder / "home"),
        )
        import django  # noqa: PLC0415 - the settings read the environment that was set above

        django.setup()
        from django.conf import settings  # noqa: PLC0415 - as above
        from django.core.management import call_command  # noqa: PLC0415 - as above

        settings.ALLOWED_HOSTS = ["testserver"]
        call_command("migrate", verbosity=0)
        yield
    finally:
        from django.db import connections  # noqa: PLC0415 - as above

        with contextlib.suppress(Exception):
            connections.close_all()
        stop(process)


def make_runs(count: int, cases: int) -> list[Any]:
    """`count` finished runs over the same `cases`, judged by three scorers; one in 1,000 is an error."""
    from django.db import connection  # noqa: PLC0415 - needs the settings

    from aiops.evaluations.models import Run  # noqa: PLC0415 - needs the settings
    from tests import factories  # noqa: PLC0415 - needs the settings

    feature, dataset = factories.make_feature(), factories.make_dataset(name="tickets")
    with connection.cursor() as cursor:
        cursor.execute(_CASES, {"dataset": dataset.pk, "cases": cases})
    type(dataset).objects.filter(pk=dataset.pk).update(case_count=cases)
    dataset.refresh_from_db()
    version = factories.make_dataset_version(dataset=dataset)
    runs = []
    for _ in range(count):
        run = factories.make_run(
            feature=feature, dataset_version=version, scorers=SCORERS, state=Run.State.FINISHED, total=cases
        )
        given = {"run": run.pk, "dataset": dataset.pk}
        with connection.cursor() as cursor:
            cursor.execute(_RESULTS, given)
            cursor.execute(_SCORES, given)
        failed = run.results.exclude(error_kind="").count()
        Run.objects.filter(pk=run.pk).update(done=cases - failed, failed=failed, cost=14)
        runs.append(Run.objects.get(pk=run.pk))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return runs
