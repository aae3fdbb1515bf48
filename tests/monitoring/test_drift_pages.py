from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from aiops.audit.models import AuditEvent
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.monitoring.actions import drift as actions
from aiops.monitoring.drift import checking, showing, wording
from aiops.monitoring.models import DriftPolicy, DriftProgress
from aiops.reviews.models import ReviewItem
from tests.factories import make_call, make_feature, make_reading, make_user, make_windows

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 10, 5, 9, tzinfo=UTC)
TODAY = MONDAY + timedelta(days=30)
NBSP = "\N{NO-BREAK SPACE}"


def looked_at():
    """A feature whose candidate refuses often."""
    feature = make_feature(slug="reply")
    make_windows("reply", MONDAY, 31)
    make_windows("reply", TODAY, 1, serving="reply v2", candidate=True, refusing=lambda n: n % 4 == 0)
    checking.check("reply", "day", TODAY.replace(hour=0))
    return feature


def test_the_page_shows_the_worst_first_and_its_test(as_role):
    looked_at()
    page = as_role("engineer").get("/drift/reply/").content.decode()
    assert page.index("Candidate reply v2") < page.index("Against its own past")
    assert f"Refusals 5{NBSP}% → 25{NBSP}% (n 120) in the candidate reply v2" in page
    assert "chi-squared, p" in page
    assert "Most in ja" in page
    assert "These calls are no longer stored" in page


def test_a_signal_and_a_window_have_an_address(as_role):
    looked_at()
    client = as_role("engineer")
    asked = {"at": TODAY.strftime("%Y-%m-%dT00"), "signal": "topics", "against": "own"}
    page = client.get("/drift/reply/", asked).content.decode()
    assert "<h2>Topics asked: " in page
    assert "large enough" in page or "too small to matter" in page
    assert "Nothing was looked at yet" in client.get("/drift/reply/?at=2026-01-01T00").content.decode()
    assert "Nothing was looked at yet" in client.get("/drift/reply/?pace=hour&at=never").content.decode()


def test_the_list_names_what_changed(as_role, django_assert_max_num_queries):
    looked_at()
    client = as_role("viewer")
    with django_assert_max_num_queries(9):
        page = client.get("/drift/").content.decode()
    assert "in the candidate reply v2" in page
    make_feature(slug="other")
    make_feature(slug="third")
    with django_assert_max_num_queries(9):
        assert "No whole day of its calls" in client.get("/drift/").content.decode()


def test_a_failed_look_is_said(as_role):
    make_reading(feature=make_feature(slug="reply").slug)
    DriftProgress.objects.create(pk="reply", error="ValueError: no")
    page = as_role("viewer").get("/drift/reply/").content.decode()
    assert "The last look failed: ValueError: no" in page
    assert "do not let you read calls" in page


def test_one_click_sends_what_moved_it_to_review(as_role):
    feature = make_feature()
    calls = [make_call(feature=feature.slug, output="I cannot help <b>you</b>") for _ in range(2)]
    reading = make_reading(
        feature=feature.slug, at=calls[0].at, movers=[call.id for call in calls] + ["call_gone"]
    )
    client = as_role("engineer")
    page = client.get(f"/drift/{feature.slug}/").content.decode()
    assert "I cannot help &lt;b&gt;" in page
    assert "Send 2 to review" in page
    answer = client.post(f"/drift/{feature.slug}/readings/{reading.pk}/send/", follow=True)
    assert "2 sent to review" in answer.content.decode()
    assert {item.source_id for item in ReviewItem.objects.all()} == {call.id for call in calls}
    assert "Refusals 6" in ReviewItem.objects.first().note
    again = client.post(f"/drift/{feature.slug}/readings/{reading.pk}/send/", follow=True)
    assert "in review already" in again.content.decode()


def test_calls_that_are_gone_cannot_be_sent(as_role, user):
    reading = make_reading(movers=["call_gone"])
    with pytest.raises(Conflict, match="stored any more"):
        actions.send_movers(by=user, reading=reading)
    url = f"/drift/{reading.check_of.feature}/readings/{reading.pk}/send/"
    assert "stored any more" in as_role("engineer").post(url, follow=True).content.decode()


def test_the_dial_and_the_sizes_are_set_on_a_page(as_role):
    feature = make_feature()
    client, url = as_role("engineer"), f"/drift/{feature.slug}/settings/"
    assert 'value="1.00" selected' in client.get(url).content.decode()
    values = {"hourly": "on", "false_pages": "3.00", "rate_points": "5", "mean_sd": "0.3"}
    client.post(url, values)
    policy = DriftPolicy.objects.get()
    assert (policy.on, policy.hourly, policy.false_pages, policy.rate_points) == (False, True, 3, 0.05)
    assert AuditEvent.objects.get().after["rate_points"] == 0.05
    assert client.post(url, {**values, "mean_sd": "9"}).status_code == 422


def test_who_may_not_set_policies_may_not_set_this():
    values: dict[str, Any] = {
        "on": True,
        "hourly": True,
        "false_pages": Decimal(1),
        "rate_points": 0.03,
        "mean_sd": 0.2,
    }
    with pytest.raises(NotAllowed):
        actions.set_drift_policy(by=make_user(roles=["viewer"]), feature=make_feature(), **values)
    with pytest.raises(InvalidInput, match="sizes above 0"):
        actions.set_drift_policy(
            by=make_user(roles=["engineer"]), feature=make_feature(), **{**values, "mean_sd": 0}
        )


@pytest.mark.parametrize(
    ("signal", "value", "before", "said"),
    [
        ("cost", 0.0021, 0.001, "$0.001 → $0.0021"),
        ("latency", 900, 400, f"400{NBSP}ms → 900{NBSP}ms"),
        ("retrieval", 0.512, None, "0.512"),
        ("output_length", 1200, 300, "300 characters → 1,200 characters"),
        ("output_meaning", 0.31, None, "0.31 SD away"),
        ("refusals", None, 0.5, f"50.0{NBSP}% → –"),
    ],
)
def test_a_change_is_said_in_its_unit(signal, value, before, said):
    reading = make_reading(signal=signal, value=value, before=before, state="STEADY")
    assert wording.change(reading) == said


def test_a_reading_that_was_not_measured_says_so():
    reading = make_reading(state="COLLECTING", p=None, p_adjusted=None)
    assert showing.test(reading) == "Not measured"
    assert wording.where(reading) == ""


def test_where_it_changed_is_said_where_one_place_stands_out():
    parts = [
        {"name": "ja", "n": 80, "before": 0.02, "value": 0.61},
        {"name": "en", "n": 100, "before": 0.05, "value": 0.06},
    ]
    assert wording.where(make_reading(parts=parts)).startswith("Most in ja: 2.0")
    even = [{**parts[0], "name": name} for name in ("ja", "en", "de")]
    assert wording.where(make_reading(parts=even)) == ""
