from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.dashboards import queries
from aiops.evaluations.models import Result, Run, Score
from tests.factories import (
    make_case,
    make_dataset,
    make_dataset_version,
    make_feature,
    make_label,
    make_model,
    make_price,
    make_prompt,
    make_review_item,
    make_user,
    make_version,
)

pytestmark = pytest.mark.django_db


def make_built_feature(cases=1, **run):
    """A feature with a prompt in production, a frozen dataset and a run over it."""
    feature = make_feature()
    version = make_version(prompt=make_prompt(feature=feature))
    make_label(prompt=version.prompt, name="production", version=version)
    dataset = make_dataset(feature=feature)
    for _ in range(cases):
        make_case(dataset=dataset)
    return feature, make_run(feature, version, make_dataset_version(dataset=dataset), **run)


def make_run(feature, version, dataset_version, **values):
    price = make_price(model=make_model())
    total = dataset_version.case_count
    state = values.get("state", Run.State.FINISHED)
    ended = None if state in Run.ACTIVE else clock.now()
    return Run.objects.create(
        **{
            "feature": feature, "dataset_version": dataset_version, "version": version, "model": price.model,
            "price": price, "total": total, "state": state, "finished_at": ended, **values,
        }
    )  # fmt: skip  # arguments by what they belong to


def judge(run, *passed):
    for case, good in zip(run.dataset_version.dataset.cases.all(), passed, strict=True):
        result = Result.objects.create(run=run, case=case, output="x")
        Score.objects.create(result=result, scorer="exact", value=float(good), passed=good)
        Score.objects.create(result=result, scorer="length", value=1.0, passed=True)


def record(action, on, by=None, **values):
    with transaction.atomic():
        audit.record(by=by or SystemActor("worker"), action=action, on=on, **values)


@pytest.mark.parametrize("features", [1, 3])
def test_home_asks_as_many_questions_for_three_features_as_for_one(
    features, as_role, django_assert_max_num_queries
):
    for _ in range(features):
        _, run = make_built_feature()
        judge(run, True)
    client = as_role("engineer")
    with django_assert_max_num_queries(32):
        assert client.get(reverse("dashboards:home")).status_code == 200


def test_home_shows_what_was_built_for_a_feature(as_role):
    feature, run = make_built_feature(cases=2)
    judge(run, True, False)
    page = as_role("engineer").get(reverse("dashboards:home")).content.decode()
    assert f'<a href="{reverse("features:feature", args=[feature.slug])}">{feature.slug}</a>' in page
    assert "in production" in page
    assert "2 cases in v1" in page
    assert "50\N{NO-BREAK SPACE}%<small>of 2</small>" in page
    assert "too few cases to tell" in page


def test_a_score_counts_cases_that_every_scorer_passes():
    _, run = make_built_feature(cases=3)
    judge(run, True, True, False)
    scored = queries.scores_of([run])[run.pk]
    assert scored.share.mid == pytest.approx(2 / 3)
    assert (scored.n, scored.enough) == (3, False)


def test_a_score_is_the_last_finished_runs_even_while_another_is_under_way(user):
    feature, finished = make_built_feature()
    judge(finished, True)
    running = make_run(feature, finished.version, finished.dataset_version, state="running")
    (row,) = queries.feature_rows([feature], user)
    assert (row.latest, row.scored_run) == (running, finished)
    assert row.score is not None
    assert row.score.share.mid == 1.0


def test_finance_sees_features_without_prompts_datasets_or_scores(as_role):
    feature, run = make_built_feature()
    judge(run, True)
    response = as_role("finance").get(reverse("dashboards:home"))
    (row,) = response.context["rows"]
    assert (row.feature, row.prompts, row.datasets, row.latest) == (feature, [], [], None)
    assert run.version.prompt.name not in response.content.decode()


def test_home_may_be_narrowed_to_one_feature(as_role):
    one, _ = make_built_feature()
    make_built_feature()
    response = as_role("engineer").get(reverse("dashboards:home"), {"feature": one.slug})
    assert [row.feature for row in response.context["rows"]] == [one]


def test_home_of_a_feature_that_is_not_there_says_so(as_role):
    response = as_role("engineer").get(reverse("dashboards:home"), {"feature": "no\0thing"})
    assert "No such feature" in response.content.decode()


def test_an_empty_workspace_shows_the_first_steps(as_role):
    page = as_role("engineer").get(reverse("dashboards:home")).content.decode()
    assert "From nothing to a score in four steps" in page
    assert reverse("features:new") in page


def test_the_first_steps_are_ticked_off_and_go(as_role):
    make_feature()
    assert queries.workspace() == queries.Workspace(features=1, prompts=0, datasets=0, runs=0)
    make_built_feature()
    assert queries.workspace().has_all
    page = as_role("engineer").get(reverse("dashboards:home")).content.decode()
    assert "four steps" not in page
    assert "New evaluation" in page


def test_changes_of_the_last_day_are_sentences_with_links(user):
    feature = make_feature()
    record("features.feature_created", feature, by=user)
    (change,) = queries.recent_changes(user)
    assert (change.who, change.verb, change.what) == (user.email, "made the feature", feature.slug)
    assert change.url == reverse("features:feature", args=[feature.slug])


def test_changes_leave_out_sign_ins_and_what_is_older_than_a_day(user, monkeypatch):
    record("accounts.signed_in", user)
    real = clock.now()
    monkeypatch.setattr(clock, "now", lambda: real - timedelta(hours=25))
    record("features.feature_created", make_feature())
    monkeypatch.setattr(clock, "now", lambda: real)
    assert queries.recent_changes(user) == []


def test_changes_are_only_those_of_what_one_may_see():
    record("prompts.prompt_created", make_prompt())
    record("features.feature_created", make_feature())
    seen = queries.recent_changes(make_user(roles=["finance"]))
    assert [change.verb for change in seen] == ["made the feature"]
    assert queries.recent_changes(make_user(roles=[])) == []


def test_own_runs_under_way_and_failed_ones_wait(user):
    feature, run = make_built_feature(state="running", created_by=user)
    values = {"created_by": user, "state": "failed"}
    failed = make_run(feature, run.version, run.dataset_version, reason="The key was refused.", **values)
    old = clock.now() - timedelta(days=8)
    make_run(feature, run.version, run.dataset_version, finished_at=old, **values)
    make_run(feature, run.version, run.dataset_version, state="failed", created_by=make_user())
    waiting = queries.waiting_for(user)
    assert (waiting.running, waiting.failed, waiting.count) == ([run], [failed], 2)


def test_waiting_things_are_on_the_page(as_role):
    client = as_role("engineer")
    feature, run = make_built_feature(state="running", created_by=client.user)
    make_run(
        feature, run.version, run.dataset_version, state="failed", reason="No key.", created_by=client.user
    )
    make_case(dataset=run.dataset_version.dataset)
    page = client.get(reverse("dashboards:home")).content.decode()
    assert "3 things wait for you" in page
    assert "No key." in page
    assert "Its draft has changed since v1" in page


def test_a_draft_waits_when_a_case_was_added_or_taken_out_since_its_freeze():
    frozen = make_dataset_version().dataset
    added = make_dataset_version().dataset
    make_case(dataset=added)
    taken = make_dataset_version().dataset
    taken.cases.update(until=taken.draft_number, closed_at=clock.now())
    assert set(queries.changed_drafts()) == {added, taken}
    assert frozen not in queries.changed_drafts()


def test_a_viewer_has_nothing_waiting():
    make_built_feature(state="running")
    make_case()
    assert queries.waiting_for(make_user(roles=["viewer"])).count == 0


def test_a_score_is_counted_once_until_the_run_finishes_again(django_assert_num_queries):
    _, run = make_built_feature()
    judge(run, True)
    first = queries.scores_of([run])
    with django_assert_num_queries(0):
        assert queries.scores_of([run]) == first
    Score.objects.create(result=run.results.get(), scorer="late", value=0.0, passed=False)
    run.finished_at = clock.now()
    assert queries.scores_of([run])[run.pk].share.mid == 0.0


def test_a_run_without_scores_has_no_score():
    _, run = make_built_feature()
    assert queries.scores_of([run]) == {}


def test_outputs_to_grade_wait_for_those_who_may_and_stand_beside_their_feature(as_role):
    item = make_review_item()
    make_review_item(feature=item.feature, language="ja")
    reviewer = as_role("reviewer")
    reviewer.user.languages = ["en"]
    reviewer.user.save()
    page = reviewer.get(reverse("dashboards:home"))
    assert [(row.slug, row.items) for row in page.context["waiting"].grades] == [(item.feature.slug, 1)]
    assert f"1 output of {item.feature.slug}" in page.content.decode()
    assert [row.backlog.items for row in page.context["live"]] == [2]
    other = as_role("viewer").get(reverse("dashboards:home"))
    assert (other.context["waiting"].grades, other.context["live"][0].backlog) == ([], None)
