"""A feature's cache in the console: what is proven, what was wrong, thresholds, purges."""

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest

from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict, InvalidInput
from aiops.features import actions as features
from aiops.features.models import PolicyVersion
from aiops.features.policy import CachePolicy, Policy
from aiops.gateway import actions, cache_queries, tasks
from aiops.gateway.cache_words import standing
from aiops.gateway.models import CacheEntry, CachePurge, SemanticCheck, SemanticThreshold
from aiops.gateway.stores import indexing
from aiops.knowledge.models import Knowledge
from tests import factories

pytestmark = pytest.mark.django_db
BEAT = SystemActor("beat")
ON = CachePolicy(semantic="on")


@pytest.fixture
def feature():
    made = factories.make_feature()
    policy = Policy.model_validate({"cache": {"semantic": "on"}})
    features.set_policy(by=factories.make_user(), feature=made, policy=policy)
    return made


def checks(feature, count=299, false=0, **given):
    factories.make_cache_checks(count, false, feature=feature.slug, **given)


def text(answer):
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split()))


def page(client, feature, query=""):
    return text(client.get(f"/features/{feature.slug}/cache/{query}"))


def entry(feature, answer, key=b"k" * 32):
    late = clock.now() + timedelta(hours=1)
    return CacheEntry.objects.create(
        key=key, feature=feature.slug, text=answer, model="small", expires_at=late
    )


def test_the_page_says_what_is_still_missing(as_role, feature):
    checks(feature, 150)
    said = page(as_role("engineer"), feature)
    assert "Collecting, 150 of 299 checks." in said
    assert "150 of 299 checks" in said
    assert "fewer than 1 in 100 stored answers are wrong" in said


def test_a_threshold_is_learnt_by_the_hour_and_kept_with_what_it_stood_on(as_role, feature):
    checks(feature, 20, 20, similarity=0.72)
    checks(feature)
    tasks.learn_cache_thresholds()
    tasks.learn_cache_thresholds()
    (made,) = SemanticThreshold.objects.all()
    assert (made.action, made.threshold, made.checks, made.false) == ("learn", 0.88, 299, 0)
    event = AuditEvent.objects.get(action="gateway.cache_threshold")
    assert event.after == {"threshold": 0.88, "checks": 299, "false": 0}
    said = page(as_role("engineer"), feature)
    assert "Served from 0.88" in said
    assert "False hits 0.0 % (0.0–1.3), 0 of 299 checked; at most 1.0 %." in said
    assert "Learnt 0.88 0 of 299" in said


def test_a_threshold_that_turns_out_too_low_is_raised(feature):
    factories.make_cache_threshold(feature=feature.slug, threshold=0.75)
    checks(feature, 100, 20, similarity=0.76)
    checks(feature, 400, similarity=0.9)
    made = actions.learn_cache_threshold(by=BEAT, feature=feature)
    assert (made.action, made.threshold) == ("raise", 0.88)


def test_what_is_too_often_wrong_is_switched_off_and_begins_anew(feature):
    factories.make_cache_threshold(feature=feature.slug, threshold=0.75)
    checks(feature, 400, 40)
    made = actions.learn_cache_threshold(by=BEAT, feature=feature)
    assert (made.action, made.threshold, made.checks, made.false) == ("off", None, 400, 40)
    assert actions.learn_cache_threshold(by=BEAT, feature=feature) is None
    found = standing(feature.slug, ON)
    assert (found.checks, found.said) == (0, "Collecting, 0 of 299 checks.")


def test_checks_that_prove_nothing_change_nothing(feature):
    checks(feature, 400, 8)
    assert actions.learn_cache_threshold(by=BEAT, feature=feature) is None
    said = standing(feature.slug, ON).said
    assert said.endswith("at most 3.6 %. No likeness is proven to keep them below 1 %.")


def test_old_checks_do_not_count(feature):
    checks(feature, at=clock.now() - timedelta(days=29))
    assert standing(feature.slug, ON).checks == 0
    assert list(cache_queries.checked_features()) == []


def test_a_lower_threshold_is_offered_and_taken_by_a_person_alone(as_role, feature):
    factories.make_cache_threshold(feature=feature.slug, threshold=0.99)
    checks(feature)
    assert actions.learn_cache_threshold(by=BEAT, feature=feature) is None
    client = as_role("engineer")
    assert "Checks would bear out 0.88 too." in page(client, feature)
    client.post(f"/features/{feature.slug}/cache/lower/")
    newest = cache_queries.thresholds(feature.slug).first()
    assert (newest.action, newest.threshold) == ("lower", 0.88)
    assert "No lower likeness is proven now." in text(
        client.post(f"/features/{feature.slug}/cache/lower/", follow=True)
    )
    with pytest.raises(Conflict):
        actions.lower_cache_threshold(by=BEAT, feature=feature)


def test_hits_and_what_they_saved(as_role, feature):
    for cache, outcome, calls, cost in (
        ("hit-exact", "cached", 20, "0"),
        ("hit-semantic", "cached", 30, "0"),
        ("miss", "answered", 50, "5"),
    ):
        factories.make_rollup(feature=feature.slug, cache=cache, outcome=outcome, calls=calls, cost=cost)
    own = {"arm": "internal", "served_by": "shadow", "tenant": "internal", "cache": "off"}
    factories.make_rollup(feature=feature.slug, calls=3, cost="0.3", **own)
    found = cache_queries.hits(feature.slug)
    assert (found.exact, found.semantic, found.asked) == (20, 30, 100)
    assert (found.saved, found.checked) == (Decimal(5), Decimal("0.3"))
    said = page(as_role("engineer"), feature)
    assert "30 of 100 calls" in said


@pytest.mark.parametrize(
    ("policy", "word"),
    [
        (CachePolicy(), "Off"),
        (CachePolicy(on=False, semantic="on"), "Off"),
        (CachePolicy(semantic="shadow"), "Shadow only"),
        (CachePolicy(semantic="on"), "Collecting"),
    ],
)
def test_the_state_is_one_word(feature, policy, word):
    assert standing(feature.slug, policy).chip[2] == word


def test_wrong_pairs_are_shown_to_those_who_may_read_answers(as_role, feature):
    texts = {
        "question": "Is it <b>?",
        "neighbour": "Was it?",
        "stored": "Yes.",
        "fresh": "No.",
        "served": True,
    }
    checks(feature, 1, 1, **texts)
    checks(feature, 1, 1)
    answer = as_role("engineer").get(f"/features/{feature.slug}/cache/")
    assert "Is it &lt;b&gt;?" in answer.content.decode()
    assert "acme, served" in text(answer)
    assert "The texts are not kept." in text(answer)
    said = page(as_role("finance"), feature)
    assert "Was it?" not in said
    assert "Your roles do not show" in said


def test_the_page_asks_as_many_questions_for_one_pair_as_for_three(
    as_role, feature, django_assert_max_num_queries
):
    client = as_role("engineer")
    for _ in range(3):
        checks(feature, 1, 1)
        with django_assert_max_num_queries(16):
            page(client, feature)


def test_a_purge_is_previewed_and_then_removes_what_it_said(as_role, feature):
    entry(feature, "It is late."), entry(feature, "It is early.", b"e" * 32)
    client = as_role("engineer")
    assert "1 answer would go." in page(client, feature, "?pattern=is*late")
    assert CacheEntry.objects.count() == 2
    said = text(client.post(f"/features/{feature.slug}/cache/purge/", {"pattern": "is*late"}, follow=True))
    assert "Removed 1 answer." in said
    assert [one.text for one in CacheEntry.objects.all()] == ["It is early."]
    assert CachePurge.objects.get().keys == [(b"k" * 32).hex()]
    event = AuditEvent.objects.get(action="gateway.cache_purged")
    assert event.after == {"pattern": "is*late", "answers": 1}


def test_a_pattern_is_no_regular_expression(feature):
    entry(feature, "a.c (1+1) \\ [x]"), entry(feature, "abc", b"e" * 32)
    assert [len(cache_queries.purge(feature.slug, one).keys) for one in ("a.c (1+1) \\ [", "*", "A*C")] == [
        1,
        2,
        2,
    ]
    assert cache_queries.purge("other", "*").keys == []


def test_a_purge_of_nothing_said_is_refused(as_role, feature):
    entry(feature, "It is late.")
    client = as_role("engineer")
    assert client.get(f"/features/{feature.slug}/cache/?pattern=").status_code == 422
    client.post(f"/features/{feature.slug}/cache/purge/", {"pattern": " "})
    assert CacheEntry.objects.count() == 1
    with pytest.raises(InvalidInput):
        actions.purge_cache(by=BEAT, feature=feature, pattern="")


def test_who_may_not_set_the_policy_purges_nothing(as_role, feature):
    client = as_role("viewer")
    assert client.post(f"/features/{feature.slug}/cache/purge/", {"pattern": "*"}).status_code == 403
    assert "Purge" not in page(client, feature, "?pattern=*")


def test_a_policy_that_no_longer_reads_is_said_and_stops_no_other(as_role, feature):
    PolicyVersion.objects.create(
        feature=feature, number=9, settings={"nonsense": 1}, by=factories.make_user()
    )
    checks(feature)
    tasks.learn_cache_thresholds()
    assert not SemanticThreshold.objects.exists()
    assert "no longer reads" in page(as_role("engineer"), feature)


def test_checks_go_with_the_calls_they_were_of(feature):
    checks(feature, 1, at=clock.now() - timedelta(days=4000))
    actions.drop_old(by=BEAT)
    assert not SemanticCheck.objects.exists()


def test_answers_from_older_documents_go(feature, monkeypatch):
    Knowledge.objects.create(feature=feature, revision=2)
    entry(feature, "It is late.")
    monkeypatch.setattr(indexing, "index_large", list)
    tasks.index_cache()
    assert CacheEntry.objects.count() == 1
