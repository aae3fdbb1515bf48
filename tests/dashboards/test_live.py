from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from aiops.core import clock
from aiops.dashboards import live
from tests.factories import (
    make_budget,
    make_feature,
    make_flag,
    make_rollup,
    make_stop,
    make_user,
    make_verdict,
)

pytestmark = pytest.mark.django_db


def test_a_feature_is_shown_as_it_serves_now(user):
    feature = make_feature()
    make_flag(feature=feature, percent=10)
    make_rollup(feature=feature.slug, calls=90, cost="3")
    make_rollup(feature=feature.slug, outcome="degraded", reason="timeout", served_by="text", cost="1")
    make_rollup(feature=feature.slug, hour=clock.now() - timedelta(hours=30))
    make_budget(tenant=None, feature=feature, period="month", spent=Decimal(9))
    make_budget(tenant=None, feature=feature, period="day", spent=Decimal(4), amount=5)
    make_budget(feature=feature)  # of one tenant: not the feature's own
    (row,) = live.live([feature], user)
    assert row.flag.words == "On for 10 % of all callers"
    assert (row.today.cost, row.recent.calls, row.recent.fallback_share) == (4, 100, 0.1)
    assert (row.standing.spent, row.standing.state) == (4, "warn")
    assert row.verdict is None


def test_the_newest_verdict_is_shown(user):
    older = make_verdict()
    newer = make_verdict()
    rows = live.live([older.candidate.feature, newer.candidate.feature], user)
    assert newer in [row.verdict for row in rows]


def test_who_may_not_see_flags_spend_or_verdicts_does_not():
    feature = make_feature()
    make_budget(tenant=None, feature=feature)
    (row,) = live.live([feature], make_user(roles=["reviewer"]))
    assert (row.flag, row.standing, row.verdict) == (None, None, None)


def test_home_shows_a_stop_and_what_calls_came_to(as_role):
    feature = make_feature()
    make_stop(scope="feature", target=feature.slug)
    make_rollup(feature=feature.slug, calls=200, cost="3")
    page = as_role("engineer").get(reverse("dashboards:home")).content.decode()
    assert "Stopped" in page
    assert "$3.00" in page
    assert 'aria-label="Answered 100.0 %"' in page


def test_a_reviewer_sees_no_spend_on_home(as_role):
    feature = make_feature()
    make_rollup(feature=feature.slug, cost="3")
    assert "$" not in as_role("reviewer").get(reverse("dashboards:home")).content.decode().split("<main")[1]
