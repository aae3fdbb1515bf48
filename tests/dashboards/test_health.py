from datetime import timedelta

import pytest
from django.urls import reverse

from aiops.core import clock
from aiops.dashboards import health
from tests.factories import make_lease, make_process, make_quarantined, make_rollup

pytestmark = pytest.mark.django_db
PAGE = reverse("dashboards:health")


@pytest.mark.parametrize("rows", [1, 3])
def test_health_asks_as_many_questions_for_three_features_as_for_one(
    rows, as_role, django_assert_num_queries
):
    for number in range(rows):
        make_rollup(feature=f"feature-{number}")
        make_process()
        make_quarantined()
        make_lease()
    client = as_role("engineer")
    client.get(PAGE)
    with django_assert_num_queries(17):
        assert client.get(PAGE).status_code == 200


def test_figures_are_by_feature_and_model():
    make_rollup(calls=80)
    make_rollup(calls=10, outcome="degraded", reason="timeout", served_by="text")
    make_rollup(calls=10, outcome="cached", cache="hit-exact", cost="0")
    make_rollup(model="large", outcome="refused", reason="lost")
    make_rollup(hour=clock.now() - timedelta(hours=30))
    (_, _, small), (_, model, large) = health.rows(health.window("24h", clock.now()))
    assert (small.calls, small.error_share, small.fallback_share, small.hit_share) == (100, 0.1, 0.1, 0.1)
    assert 95 < small.p95.ms < 105
    assert (small.p99.enough, small.p99.needed, small.p99.n) == (False, 500, 100)
    assert [word for _, word, _, _ in small.shares] == ["Answered 80.0 %", "Cached 10.0 %", "Degraded 10.0 %"]
    assert (model, large.share("refused"), large.errors) == ("large", 1.0, 10)


def test_a_percentile_without_enough_calls_says_what_it_needs(as_role):
    make_rollup(calls=40)
    assert "needs 500 (40)" in as_role("viewer").get(PAGE).content.decode()


def test_a_point_of_too_few_calls_is_a_hole():
    now = clock.now()
    make_rollup(calls=5)
    make_rollup(calls=200, hour=now - timedelta(hours=2))
    chart = health.latency_chart(health.window("24h", now))
    p95 = chart.figure["data"][0]["y"]
    assert (p95[-1], p95[-3] is not None) == (None, True)


@pytest.mark.parametrize(("key", "points"), [("1h", 2), ("24h", 25), ("7d", 169), ("30d", 31), ("never", 25)])
def test_a_long_time_is_shown_by_days(key, points):
    assert len(health.window(key, clock.now()).places) == points


@pytest.mark.parametrize("key", ["24h", "30d"])
def test_outcomes_are_stacked_over_time(key):
    make_rollup()
    make_rollup(outcome="refused", reason="budget")
    chart = health.outcome_chart(health.window(key, clock.now()))
    assert [(bar["name"], bar["y"][-1]) for bar in chart.figure["data"]] == [
        ("Answered", 10.0),
        ("Refused", 10.0),
    ]


def test_a_process_that_was_not_seen_is_not_live(as_role):
    make_process(revision=10**9)
    make_process(revision=10**9, seen_at=clock.now() - timedelta(seconds=30))
    found = health.processes()
    assert [(one.live, one.behind > 0) for one in found] == [(True, False), (False, False)]
    page = as_role("viewer").get(PAGE).content.decode()
    assert ("Live" in page, "Not live" in page) == (True, True)


def test_a_viewer_sees_neither_money_nor_what_stood_in_a_record(as_role):
    make_rollup()
    make_quarantined(line=b"secret words", error="no <i>record")
    lease = make_lease()
    page = as_role("viewer").get(PAGE).content.decode()
    assert ("secret words" in page, "$" in page.split("<main")[1], lease.instance in page) == (
        False,
        False,
        False,
    )
    assert "no &lt;i&gt;record" in page
    assert lease.instance in as_role("engineer").get(PAGE).content.decode()


def test_health_is_narrowed_to_a_feature_and_is_a_file(as_role):
    make_rollup()
    make_rollup(feature="other")
    client = as_role("viewer")
    assert [row[0] for row in client.get(PAGE, {"feature": "other"}).context["page"]] == ["other"]
    lines = b"".join(client.get(reverse("dashboards:health-csv")).streaming_content).decode().splitlines()
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["other", "small", "10"],
        ["summary", "small", "10"],
    ]


def test_a_process_without_redis_says_that_its_limits_are_shares(as_role):
    make_process(local_limits=True)
    assert "rate limits by shares: no Redis" in as_role("viewer").get(PAGE).content.decode()
