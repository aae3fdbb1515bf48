from collections import Counter

import pytest

from aiops.accounts.permissions import Permission, permissions_of
from aiops.demo import content
from aiops.evaluations.scorers import resolve
from tests.demo.measure import cases

LEAST = {
    "support-summary": 200,
    "ticket-triage": 200,
    "draft-reply": 100,
    "contract-terms": 60,
    "policy-answers": 100,
    "product-copy": 60,
    "order-lookup-sql": 60,
    "language-routing": 190,
}
FEATURES = pytest.mark.parametrize("feature", LEAST)


def test_the_manifest_has_the_features_of_the_contract():
    assert content.manifest().features.keys() == LEAST.keys()


@FEATURES
def test_a_golden_set_is_large_enough_in_all_five_languages(feature: str):
    counted = Counter(case["locale"] for case in cases(feature))
    assert counted.total() >= LEAST[feature]
    assert counted.keys() == {"en", "de", "fr", "es", "ja"}
    assert min(counted.values()) >= 12


@FEATURES
def test_no_two_cases_ask_the_same(feature: str):
    asked = [str(sorted(case["inputs"].items())) for case in cases(feature)]
    assert len(asked) == len(set(asked))


@FEATURES
def test_every_case_says_where_it_comes_from(feature: str):
    assert all(case["metadata"]["cluster"] and case["category"] for case in cases(feature))


@FEATURES
def test_no_slot_of_a_template_is_left_open(feature: str):
    texts = [text for case in cases(feature) for text in case["inputs"].values()]
    assert [text for text in texts if "{" in text or "}" in text or "  " in text] == []


@FEATURES
def test_checks_and_scorers_can_be_built(feature: str):
    resolve(content.manifest().features[feature].dataset.scorers)
    for case in cases(feature):
        resolve(case.get("checks", []))


@pytest.mark.parametrize("feature", ["support-summary", "ticket-triage", "draft-reply", "contract-terms"])
def test_some_cases_must_pass(feature: str):
    assert any(case.get("must_pass") for case in cases(feature))


def test_runs_name_what_there_is():
    manifest = content.manifest()
    emails = {account.email for account in manifest.accounts}
    for run in manifest.runs:
        feature = manifest.features[run.feature]
        of = {"prompt": feature.notes, "rules": feature.rules and feature.rules.notes, "classifier": {1}}
        assert run.version in of[run.by_the]
        assert run.model in manifest.models if run.by_the == "prompt" else not run.model
        assert run.dataset <= len(feature.dataset.versions)
        assert run.by in emails


def test_runs_stand_in_the_order_of_their_days():
    days = [run.ago for run in content.manifest().runs]
    assert days == sorted(days, reverse=True)


def test_policies_are_there_for_people_and_for_the_questions():
    documents = {
        path.relative_to(content.FOLDER / "documents").as_posix() for path in content.FOLDER.rglob("*.md")
    }
    assert len(documents) >= 12
    asked = {case["metadata"].get("document") for case in cases("policy-answers")} - {None}
    assert asked <= documents


def test_reviews_are_answered_by_others_who_may():
    accounts = {account.email: permissions_of(account.roles) for account in content.manifest().accounts}
    for run in content.manifest().runs:
        for answer in run.review.answers if run.review else ():
            assert answer.by != run.by
            assert Permission.PROMPTS_REVIEW in accounts[answer.by]
        for comment in run.review.comments if run.review else ():
            assert Permission.PROMPTS_VIEW in accounts[comment.by]


def test_what_is_live_in_the_end_was_so_from_the_beginning_or_is_shipped():
    manifest = content.manifest()
    shipped = {(run.feature, run.version) for run in manifest.runs if run.review and run.review.shipped}
    for slug, feature in manifest.features.items():
        assert feature.begins is None or (slug, feature.production) in shipped
