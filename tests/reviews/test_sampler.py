"""An hour at a time, each once: what is drawn, with which chance, and what is learnt of calls later."""

from datetime import UTC, datetime, timedelta

import pytest

from aiops.core import clock
from aiops.gateway.models import Call, Feedback
from aiops.reviews import forgetting, tasks
from aiops.reviews.models import ReviewItem, SamplingBatch, SamplingPolicy, Stratum
from aiops.reviews.sampling import batches, novelty
from aiops.reviews.sampling.batches import Drawn, draw_next, skip_to, within
from aiops.reviews.sampling.chance import chance
from aiops.reviews.sampling.shares import Week
from tests.factories import make_call, make_feature, make_review_item, make_rollup, make_sampling

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def now(monkeypatch):
    """Sets the time: 20 minutes after the hour that begins at noon."""

    def at(moment):
        monkeypatch.setattr(clock, "now", lambda: moment)

    at(NOON + timedelta(minutes=80))
    return at


@pytest.fixture
def policy(now):
    """All calls are drawn; nothing before noon is."""
    feature = make_feature(slug="summary")
    made = make_sampling(feature=feature, base_share=1.0, shares={}, double_share=0, items_per_week=10**6)
    skip_to(made, NOON)
    return made


def calls(count, **values):
    return [make_call(at=NOON + timedelta(minutes=number), **values) for number in range(count)]


def thumb_down(call, at):
    return Feedback.objects.create(number=f"f{call.id}", call_id=call.id, at=at, tenant="acme", score=-1)


def batch(**values):
    return list(SamplingBatch.objects.filter(since__gte=NOON, **values).order_by("stratum").values_list(
        "stratum", "population", "share", "drawn", "late"
    ))  # fmt: skip  # one chain


def test_a_drawn_call_becomes_an_item_with_its_chance_and_facts(policy):
    call = calls(1, inputs={"ticket": "Write to ann@example.com"}, locale="ja-JP", passages=[{"text": "x"}])[
        0
    ]
    assert draw_next(policy.pk)
    item = ReviewItem.objects.get()
    assert (item.source, item.source_id, item.source_at) == ("call", call.id, call.at)
    assert (item.stratum, item.probability, item.is_random) == ("random", 1.0, True)
    assert (item.language, item.version_number, item.arm, item.tenant) == ("ja", 3, "stable", "acme")
    assert (item.inputs, item.output) == ({"ticket": "Write to [email]"}, "It is late.")
    assert (item.week.isoformat(), item.seats, item.places.count()) == ("2026-11-23", 1, 1)


def test_an_hour_is_drawn_once_and_only_when_it_is_over(policy, now):
    calls(2)
    now(NOON + timedelta(minutes=74))
    assert not draw_next(policy.pk)
    now(NOON + timedelta(minutes=75))
    assert draw_next(policy.pk)
    assert not draw_next(policy.pk)
    assert batch() == [("random", 2, 1.0, 2, False)]


def test_the_same_calls_are_drawn_every_time(policy):
    made = calls(20)
    SamplingPolicy.objects.update(base_share=0.5)
    draw_next(policy.pk)
    expected = {call.id for call in made if chance("summary", call.id) < 0.5}
    assert set(ReviewItem.objects.values_list("source_id", flat=True)) == expected


def test_tails_are_drawn_with_shares_of_their_own(policy):
    SamplingPolicy.objects.update(base_share=0.0, weekly_minimum=0, shares={"canary": 1.0})
    calls(3)
    canary = make_call(at=NOON, arm="candidate")
    draw_next(policy.pk)
    item = ReviewItem.objects.get()
    assert (item.source_id, item.stratum, item.is_random) == (canary.id, "canary", False)
    assert batch() == [("canary", 1, 1.0, 1, False), ("random", 3, 0.0, 0, False)]


@pytest.mark.parametrize("values", [{"output": None}, {"output": ""}, {"outcome": "refused"}])
def test_what_has_no_answer_is_no_part_of_it(values, policy):
    calls(1, **values)
    draw_next(policy.pk)
    assert batch() == [("random", 0, 1.0, 0, False)]


def test_the_week_holds_its_budget(policy):
    SamplingPolicy.objects.update(items_per_week=3, weekly_minimum=0)
    calls(10)
    draw_next(policy.pk)
    assert ReviewItem.objects.count() <= 3
    (one,) = batch()
    assert one[2] == pytest.approx(2 * 3 / (1 + 107) / 10)  # twice an hour's part of the 108 that are left


def test_a_lucky_draw_is_cut_to_the_weeks_room_and_says_so():
    drawn = [Drawn(NOON, f"c{n}", Stratum.RANDOM, 0.5, n / 10, is_random=True) for n in range(4)]
    kept = within(drawn, Week(budget=10, minimum=0, drawn=8))
    assert [(one.id, one.share) for one in kept] == [("c0", 0.25), ("c1", 0.25)]
    assert within(drawn, Week(budget=10, minimum=0)) == drawn


def test_a_quiet_week_is_drawn_up_to_its_minimum(policy):
    SamplingPolicy.objects.update(base_share=0.01, weekly_minimum=10)
    make_rollup(hour=NOON - timedelta(days=6), calls=12)
    calls(8)
    draw_next(policy.pk)
    assert batch()[0][2] == pytest.approx(10 / 20)


def test_last_weeks_traffic_is_scaled_by_how_busy_this_week_is(policy):
    week = datetime(2026, 11, 23, tzinfo=UTC)
    make_rollup(hour=week - timedelta(days=7), calls=10)
    make_rollup(hour=week, calls=20)
    make_rollup(hour=NOON - timedelta(days=6), calls=100)
    assert batches.week_of(policy, NOON, 5).ahead == 200


def test_a_thumb_down_within_the_hour_counts_at_once(policy):
    SamplingPolicy.objects.update(base_share=0.0, weekly_minimum=0, shares={"thumbs_down": 1.0})
    thumb_down(calls(2)[0], NOON + timedelta(minutes=70))
    draw_next(policy.pk)
    assert ReviewItem.objects.get().stratum == "thumbs_down"


def test_a_late_thumb_down_brings_the_call_with_a_later_hour(policy, now):
    SamplingPolicy.objects.update(base_share=0.0, weekly_minimum=0, shares={"thumbs_down": 1.0})
    call = calls(2)[0]
    draw_next(policy.pk)
    thumb_down(call, NOON + timedelta(minutes=76))
    now(NOON + timedelta(hours=3))
    assert draw_next(policy.pk)
    item = ReviewItem.objects.get()
    assert (item.source_id, item.stratum, item.is_random) == (call.id, "thumbs_down", False)
    assert batch(late=True) == [("thumbs_down", 1, 1.0, 1, True)]


def test_an_item_that_is_there_takes_the_greater_chance_over(policy, now):
    SamplingPolicy.objects.update(base_share=0.9, weekly_minimum=0, shares={"thumbs_down": 1.0})
    call = next(call for call in calls(5) if chance("summary", call.id) < 0.9)
    draw_next(policy.pk)
    thumb_down(call, NOON + timedelta(minutes=80))
    now(NOON + timedelta(hours=3))
    draw_next(policy.pk)
    item = ReviewItem.objects.get(source_id=call.id)
    assert (item.stratum, item.probability, item.is_random) == ("thumbs_down", 1.0, True)


def test_what_was_sent_by_hand_counts_as_drawn_where_chance_says_so(policy):
    call = calls(1)[0]
    sent = make_review_item(
        feature=policy.feature, source_id=call.id, source_at=call.at, stratum="by_hand", probability=1.0,
        is_random=False,
    )  # fmt: skip  # one argument after the other
    draw_next(policy.pk)
    sent.refresh_from_db()
    assert (sent.stratum, sent.is_random, ReviewItem.objects.count()) == ("random", True, 1)


def test_a_share_of_the_items_is_for_two(policy):
    SamplingPolicy.objects.update(double_share=1.0)
    calls(1)
    draw_next(policy.pk)
    assert ReviewItem.objects.get().places.count() == 2


def test_a_new_policy_begins_with_the_last_day(now):
    policy = make_sampling(feature=make_feature(slug="summary"))
    assert batches.next_hour(policy) == NOON - timedelta(hours=23)


def test_hours_of_long_ago_are_left_out(policy, now):
    now(NOON + timedelta(days=30, minutes=20))
    assert batches.next_hour(policy) == NOON + timedelta(days=23)


def test_nothing_is_drawn_while_it_is_off(policy):
    SamplingPolicy.objects.update(on=False)
    assert not draw_next(policy.pk)


def test_the_sweep_goes_on_after_a_feature_that_fails(policy, monkeypatch):
    other = make_sampling(feature=make_feature(slug="reply"), base_share=1.0, items_per_week=10**6)
    skip_to(other, NOON)
    calls(1, feature="reply")

    def draw_or_fail(pk):
        if pk == policy.pk:
            raise ValueError("broken")
        return draw_next(pk)

    monkeypatch.setattr("aiops.reviews.sampling.sweep.draw_next", draw_or_fail)
    tasks.draw()
    assert ReviewItem.objects.get().feature.slug == "reply"


def test_what_is_unlike_all_that_was_asked_before_is_a_new_topic(policy, monkeypatch):
    monkeypatch.setattr(novelty, "LEAST", 5)
    SamplingPolicy.objects.update(base_share=0.0, weekly_minimum=0, shares={"new_topic": 1.0})
    for number in range(8):
        text = f"Where is my lamp, order number {number}?"
        make_call(at=NOON - timedelta(minutes=number + 1), inputs={"ticket": text})
        make_call(at=NOON + timedelta(minutes=number), inputs={"ticket": text})
    make_call(at=NOON, inputs={}, messages=[["user", "Übersetze dieses Gedicht ins Finnische"]])
    draw_next(policy.pk)
    item = ReviewItem.objects.get()
    assert (item.stratum, item.inputs) == ("new_topic", {"message": "Übersetze dieses Gedicht ins Finnische"})


def test_nothing_is_new_while_little_is_known(policy):
    assert novelty.new_topics("summary", NOON, clock.now()) == set()


def test_texts_go_with_the_calls_and_what_is_open_is_withdrawn(now):
    old = make_review_item(source_at=NOON - timedelta(days=500))
    kept = make_review_item(source_at=NOON)
    tasks.forget()
    old.refresh_from_db()
    assert (old.inputs, old.output, old.state, old.places.count()) == (None, None, "withdrawn", 0)
    assert ReviewItem.objects.exclude(output=None).get() == kept
    assert forgetting.forget() == 0


def test_a_call_that_is_gone_meanwhile_is_no_item(policy, monkeypatch):
    calls(1)
    monkeypatch.setattr(batches.Call, "objects", Call.objects.none())
    draw_next(policy.pk)
    assert not ReviewItem.objects.exists()
