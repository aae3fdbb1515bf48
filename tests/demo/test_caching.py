"""What the demo's semantic cache has found is what it would have found."""

from datetime import timedelta

import pytest

from aiops.core import clock
from aiops.demo import caching, content, deciding
from aiops.features.models import PolicyVersion
from aiops.gateway.cache_words import standing
from aiops.gateway.messages import Reply
from aiops.gateway.models import SemanticCheck, SemanticThreshold
from aiops.gateway.semantic.equivalence import equivalent
from aiops.gateway.semantic.veto import veto
from tests import factories

PAIRS = [
    pytest.param(feature, one, id=one.asked) for feature, pairs in caching.wrong().items() for one in pairs
]


@pytest.mark.parametrize(("feature", "pair"), PAIRS)
def test_a_wrong_pair_would_have_been_found_and_held_to_be_wrong(feature, pair):
    assert veto(pair.asked, pair.found) == ""
    assert not equivalent(Reply("answered", pair.stored), Reply("answered", pair.fresh))
    assert [part.has(pair) for part in caching.CHECKED[feature]].count(True) == 1
    assert caching._sample(feature, pair).locale == pair.locale


@pytest.mark.django_db
def test_one_feature_has_learnt_its_threshold_and_another_collects():
    now, by = clock.now(), factories.make_user()
    for slug, pairs in caching.wrong().items():
        settings = deciding.wanted().policies[slug].settings.model_dump(mode="json")
        PolicyVersion.objects.create(
            feature=factories.make_feature(slug=slug), number=1, settings=settings, by=by
        )
        for one in pairs:
            factories.make_call(feature=slug, user=caching.AGENT, inputs={"question": one.asked})
    caching.checks(now)
    caching.checks(now)
    made = SemanticThreshold.objects.get()
    assert (made.feature, made.threshold, made.checks, made.false) == (caching.FEATURE, 0.91, 400, 0)
    assert now - made.at == timedelta(days=12)
    policy = deciding.wanted().policies
    served = standing(caching.FEATURE, policy[caching.FEATURE].settings.cache)
    assert served.chip[2] == "Served from 0.91"
    assert (served.checks, served.false, served.decision.action) == (496, 1, "keep")
    collecting = standing(caching.COLLECTING, policy[caching.COLLECTING].settings.cache)
    assert (collecting.chip[2], collecting.said) == ("Collecting", "Collecting, 150 of 299 checks.")
    assert SemanticCheck.objects.filter(equivalent=False, served=True).count() == 1


def test_every_feature_with_checks_is_in_the_demo():
    assert set(caching.CHECKED) == set(caching.wrong()) <= set(content.manifest().features)
