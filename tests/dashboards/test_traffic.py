"""The calls behind flags and stops."""

from datetime import timedelta

import pytest

from aiops.core import clock
from aiops.dashboards import traffic
from tests import factories

pytestmark = pytest.mark.django_db


def test_calls_of_the_last_minutes_are_counted_by_feature_and_those_of_today():
    for _ in range(3):
        factories.make_call(latency_ms=100_000.0)
    factories.make_call(at=clock.now() - timedelta(minutes=6))
    factories.make_rollup(calls=40)
    found = traffic.of_features(["summary", "silent"]).found
    assert (found["summary"].lately, found["summary"].today, found["summary"].about) == (3, 40, 1)
    assert (found["silent"].lately, found["silent"].today, found["silent"].about) == (0, 0, 0)


@pytest.mark.parametrize(
    ("scope", "target", "calls"), [("feature", "summary", 2), ("tenant", "acme", 1), ("global", "", 3)]
)
def test_a_stop_holds_back_what_it_is_about(scope, target, calls):
    factories.make_call(latency_ms=600_000.0)
    factories.make_call(tenant="globex", latency_ms=600_000.0)
    factories.make_call(tenant="globex", feature="other", latency_ms=600_000.0)
    flow = traffic.of_stop(scope, target)
    assert (flow.lately, flow.about) == (calls, 2 * calls)


def test_records_that_wait_in_spools_are_named():
    factories.make_process(spool_records=7)
    assert traffic.of_features([]).waiting == 7


def test_the_pages_show_it(as_role):
    feature = factories.make_feature(slug="summary")
    factories.make_call(latency_ms=600_000.0)
    client = as_role("product")
    assert "in 5 min" in client.get("/flags/").content.decode()
    text = client.get(f"/flags/stop/?scope=feature&target={feature.slug}").content.decode()
    assert "About 2 calls under way" in text
    assert (
        "No call in the last 5 minutes" in client.get("/flags/stop/?scope=feature&target=x").content.decode()
    )
