"""What guardrails found, stored with the calls: once, and found again."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.gateway import actions, guardrail_counts, guardrail_queries, storing
from aiops.gateway.call_ids import new_id, time_of
from aiops.gateway.guardrail_queries import Rate
from aiops.gateway.models import Call, GuardrailFailure, GuardrailHour
from tests.gateway.test_recording import World, make_record

pytestmark = pytest.mark.django_db(transaction=True)


def check(
    name: str = "sql", *, passed: bool = False, enforced: bool = True, **further: Any
) -> dict[str, Any]:
    return {"name": name, "passed": passed, "reason": "it fails", "enforced": enforced, **further}


def record(*checks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    call_id = new_id()
    return make_record(**{"id": call_id, "at": time_of(call_id), "checks": list(checks), **changes})


def store(*records: dict[str, Any]) -> int:
    async def go() -> int:
        async with World().connect() as connection:
            return await storing.store(connection, records, _charge_nobody)

    return asyncio.run(go())


async def _charge_nobody(_cursor: object, _amounts: object) -> None: ...


def test_what_guardrails_found_is_counted_once():
    records = [
        record(check(), check("length", passed=True)),
        record(check(passed=True, repaired=True)),
        record(check("personal", passed=True, mended=True)),
        record(check(enforced=False)),
        record(),
    ]
    assert (store(*records), store(*records)) == (5, 0)
    assert guardrail_queries.rates("summary") == {
        ("sql", True): Rate(2, 1, 0, 1),
        ("length", True): Rate(1, 0, 0, 0),
        ("personal", True): Rate(1, 0, 1, 0),
        ("sql", False): Rate(1, 1, 0, 0),
    }
    assert GuardrailFailure.objects.count() == 4


def test_a_rate_has_its_interval():
    rate = Rate(1000, 12)
    assert (rate.first, round(rate.interval.low, 4), round(rate.interval.high, 4)) == (12, 0.0069, 0.0209)
    assert Rate().interval is None


def test_a_record_from_before_counts_as_it_can():
    old = {"name": "schema", "passed": False, "reason": "", "enforced": True}
    (row,) = guardrail_counts.counted([record(old)])
    assert (row["checked"], row["failed"]) == (1, 1)


def test_the_calls_to_look_at_are_bounded():
    rows = guardrail_counts.failures([record(check()) for _ in range(30)])
    assert len(rows) == guardrail_counts.MOST


@pytest.mark.parametrize(
    ("found", "kind", "shown"),
    [
        (check(), "refused", "withheld"),
        (check(enforced=False), "observed", "released"),
        (check(passed=True, repaired=True), "repaired", "withheld"),
        (check(passed=True, mended=True), "mended", "released"),
    ],
)
def test_an_example_shows_the_answer_as_the_guardrail_read_it(found, kind, shown):
    store(record(found, output="released", rejected="withheld"))
    (example,) = guardrail_queries.examples("summary", "sql")
    assert (example.kind, example.output, example.reason) == (kind, shown, "it fails")


def test_a_guardrail_without_failures_has_no_examples(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert guardrail_queries.examples("summary", "sql") == []


def test_examples_go_with_their_calls():
    store(record(check()))
    GuardrailFailure.objects.update(at=clock.now() - timedelta(days=4000))
    actions.drop_old(by=SystemActor("beat"))
    assert GuardrailFailure.objects.count() == 0


def test_the_withheld_answer_is_stored_with_its_call():
    store(record(check(), rejected="withheld"), record())
    assert set(Call.objects.values_list("rejected", flat=True)) == {"withheld", None}


def test_sums_that_cannot_be_are_refused():
    with pytest.raises(IntegrityError):
        GuardrailHour.objects.create(
            hour=clock.now(), feature="summary", guardrail="sql", enforced=True, checked=1, failed=2
        )
