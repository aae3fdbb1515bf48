"""Judges: who is the same one, whether people bear it out, and what its changing does."""

from datetime import timedelta

import pytest
from django.urls import reverse

from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.evaluations import actions, disagreements, judges, tasks
from aiops.evaluations.anchoring import Stratum, true_pass_rate
from aiops.evaluations.models import JudgeTrust
from tests.factories import (
    grade_at_random,
    judge_entry,
    make_feature,
    make_grade,
    make_judged_run,
    make_result,
    make_trust,
    make_user,
)
from tests.vectors import differences, vectors

BY = SystemActor("tests")
db = pytest.mark.django_db
JUDGED = [True] * 40 + [False] * 20  # what the judge says
GOOD = [True] * 39 + [False] + [False] * 20  # what people say: it finds 20 of their 21 fails


@pytest.mark.parametrize("vector", vectors("e_true_pass_rate", "true_pass_rate"), ids=lambda v: v["name"])
def test_true_pass_rate_reproduces_the_reference(vector):
    rate = true_pass_rate([Stratum(**stratum) for stratum in vector["input"]["strata"]], seed=1)
    got = {
        "state": rate.state,
        "mean": rate.mean,
        "low": rate.low,
        "high": rate.high,
        "graded": rate.graded,
        "needed": 20,
    }
    assert differences(got, vector["expect"], vector["tolerance"]) == []


def test_one_stratum_left_is_plain_jeffreys():
    alone = true_pass_rate([Stratum(40, 40, 36), Stratum(0, 0, 0)], seed=1)
    people = true_pass_rate([Stratum(0, 40, 36), Stratum(0, 0, 0)], seed=1)
    assert (alone.state, alone.mean, alone.low) == ("measured", people.mean, people.low)


def test_the_same_seed_draws_the_same_interval():
    strata = [Stratum(100, 30, 28), Stratum(20, 10, 1)]
    assert true_pass_rate(strata, seed=5) == true_pass_rate(strata, seed=5)


def only(feature=None):
    return judges.judges(feature)[0]


def weigh(feature=None):
    actions.weigh_judges(by=BY, feature=feature)
    return JudgeTrust.objects.filter(until=None).latest("id")


@db
def test_a_judge_is_the_same_by_rubric_model_and_way_of_asking_whatever_its_name():
    feature = make_feature()
    make_judged_run([True], feature=feature, entry=judge_entry(name="a"))
    make_judged_run([True], feature=feature, entry=judge_entry(name="b", price=9, version=7))
    assert [(judge.feature, judge.runs) for judge in judges.judges()] == [(feature.slug, 2)]


@db
@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "b" * 64},
        {"frame": 2},
        {"model": 2},
        {"scale": "one_to_five"},
        {"reference": True},
        {"repeats": 3},
    ],
)
def test_any_change_of_what_judges_makes_another_judge(change):
    feature = make_feature()
    make_judged_run([True], feature=feature)
    make_judged_run([True], feature=feature, entry=judge_entry(**change))
    assert len(judges.judges(feature.slug)) == 2


def test_the_least_that_passes_matters_only_on_a_scale():
    assert judges.digest_of(judge_entry(pass_at=3)) == judges.digest_of(judge_entry(pass_at=4))
    scaled = {judges.digest_of(judge_entry(scale="one_to_five", pass_at=at)) for at in (3, 4)}
    assert len(scaled) == 2


@db
def test_a_judge_that_people_bear_out_is_trusted():
    grade_at_random(make_judged_run(JUDGED), GOOD)
    trust = weigh()
    assert (trust.state, trust.because) == ("TRUSTED", "it finds 20 of 21 human fails")
    figures = trust.figures
    assert (figures["n"], figures["equal"], figures["judged"]) == (60, 59, 60)
    assert (figures["fails"]["hits"], figures["passes"]["hits"]) == (20, 39)
    assert figures["judge_rate"] == pytest.approx(40 / 60)
    assert figures["ac1"]["low"] < figures["ac1"]["value"] < figures["ac1"]["high"] <= 1
    assert figures["kappa"]["low"] < figures["kappa"]["value"]


@db
def test_a_judge_without_grades_is_unknown():
    make_judged_run(JUDGED)
    trust = weigh()
    assert (trust.state, trust.because) == ("UNKNOWN", "0 of 50 random grades in 4 weeks")
    assert (trust.figures["bias"], "ac1" in trust.figures) == (None, False)


@db
def test_a_judge_that_saw_few_fails_is_unknown():
    grade_at_random(make_judged_run([True] * 52 + [False] * 3), [True] * 52 + [False] * 3)
    assert weigh().because == "3 of 9 human fails seen"


@db
def test_a_judge_that_misses_fails_is_not_trusted():
    grade_at_random(make_judged_run([True] * 60), [True] * 40 + [False] * 20)
    trust = weigh()
    assert (trust.state, trust.because) == (
        "NOT_TRUSTED",
        "it finds only 0 of 20 human fails, and it passes 33.6 points more than people do",
    )


@db
def test_only_random_grades_of_four_weeks_count():
    run = make_judged_run(JUDGED)
    for result in run.results.all():
        make_grade(result=result, passed=False)
    grade_at_random(run, GOOD, at=clock.now() - timedelta(weeks=4, minutes=1))
    assert weigh().figures["n"] == 0


@db
def test_what_people_are_split_on_and_what_the_judge_could_not_judge_is_left_out_and_counted():
    run = make_judged_run([True, None])
    grade_at_random(run, [True, True])
    grade_at_random(run, [False, None])
    figures = weigh().figures
    assert (figures["n"], figures["split"], figures["unjudged"]) == (0, 1, 1)


@db
def test_another_feature_does_not_lend_its_trust():
    grade_at_random(make_judged_run(JUDGED), GOOD)
    other = make_judged_run(JUDGED)
    weigh()
    assert judges.standings(other)["judge"].state == "UNKNOWN"


@db
def test_a_changed_rubric_begins_anew_and_says_what_the_one_before_was():
    feature, now = make_feature(), clock.now()
    grade_at_random(make_judged_run(JUDGED, feature=feature, created_at=now - timedelta(days=3)), GOOD)
    weigh()
    entry = judge_entry(sha256="b" * 64, version_number=2)
    make_judged_run(JUDGED, feature=feature, entry=entry, created_at=now)
    actions.weigh_judges(by=BY, feature=feature.slug)
    new, old = judges.judges(feature.slug)
    day = f"{now:%-d %b %Y}"
    assert [row.state for row in judges.history(old)] == ["UNKNOWN", "TRUSTED"]
    assert judges.history(old)[0].because == f"its rubric changed on {day}"
    assert (
        judges.history(new)[0].because
        == f"0 of 50 random grades in 4 weeks, since its rubric changed on {day}"
    )


@db
def test_two_judges_that_are_asked_in_turn_do_not_replace_each_other():
    feature, now = make_feature(), clock.now()
    for days, model in ((3, 1), (2, 2), (1, 1)):
        make_judged_run(
            [True], feature=feature, entry=judge_entry(model=model), created_at=now - timedelta(days=days)
        )
    everyone = judges.judges()
    assert [judges.successor(judge, everyone) for judge in everyone] == [None, None]


@db
def test_what_changed_is_named():
    feature, now = make_feature(), clock.now()
    changes: list[dict[str, int]] = [{}, {"model": 2}, {"repeats": 3}, {"frame": 2}]
    values: dict[str, int] = {}
    for days, change in zip((4, 3, 2, 1), changes, strict=True):
        values |= change
        make_judged_run(
            [True], feature=feature, entry=judge_entry(**values), created_at=now - timedelta(days=days)
        )
    everyone = judges.judges()
    assert [one and one.changed for one in (judges.predecessor(judge, everyone) for judge in everyone)] == [
        "frame",
        "way of asking",
        "model",
        None,
    ]


@db
def test_a_state_that_lasts_stays_one_row_with_its_latest_figures():
    run = make_judged_run(JUDGED)
    weigh()
    grade_at_random(run, [True] * 10 + [None] * 50)
    assert (weigh().figures["n"], JudgeTrust.objects.count()) == (10, 1)


@db
def test_a_state_that_changes_is_audited():
    run = make_judged_run(JUDGED)
    weigh()
    grade_at_random(run, GOOD)
    weigh()
    event = AuditEvent.objects.get(action="evaluations.judge_trust_changed")
    assert (event.before["state"], event.after["state"], event.object_label) == (
        "UNKNOWN",
        "TRUSTED",
        "summary-judge v1",
    )
    assert JudgeTrust.objects.filter(until__isnull=False).count() == 1


@db
def test_workers_weigh_all_judges_or_those_of_a_feature():
    first, second = make_judged_run([True]), make_judged_run([True])
    tasks.weigh_judges(first.feature.slug)
    assert [row.feature for row in JudgeTrust.objects.all()] == [first.feature]
    tasks.weigh_judges()
    assert JudgeTrust.objects.filter(feature=second.feature).exists()


@db
def test_figures_rest_on_the_scorer_that_is_shown():
    entries = [judge_entry(), {"name": "exact", "type": "exact"}]
    run = make_judged_run([True])
    run.scorers = entries
    assert [standing.name for standing in judges.not_trusted(run)] == ["judge"]
    assert [standing.name for standing in judges.not_trusted(run, scorer="judge")] == ["judge"]
    assert judges.not_trusted(run, scorer="exact") == []
    make_trust(feature=run.feature, digest=judges.digest_of(entries[0]))
    assert judges.not_trusted(run) == []


@db
def test_disagreements_are_found_of_either_kind():
    run = make_judged_run([True, True, False, False])
    grade_at_random(run, [True, False, True, False])
    judge = only()

    def keys(**how):
        return [one.result.case.key for one in disagreements.shown(disagreements.found(judge, **how))]

    assert (keys(), keys(kind="missed"), keys(kind="strict")) == (["t-002", "t-001"], ["t-001"], ["t-002"])


@db
def test_disagreements_of_picked_results_are_shown_when_asked_for():
    run = make_judged_run([True])
    make_grade(result=run.results.get(), passed=False)
    assert (disagreements.found(only()), len(disagreements.found(only(), every=True))) == ([], 1)


@pytest.fixture
def client(as_role):
    return as_role("viewer")


def page(client, name, *args, query=""):
    answer = client.get(reverse(f"evaluations:{name}", args=args) + query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@db
def test_the_list_shows_each_judge_with_its_state_and_why(client):
    run = make_judged_run(JUDGED)
    grade_at_random(run, GOOD)
    weigh()
    shown = page(client, "judges")
    assert "it finds 20 of 21 human fails" in shown
    assert "59 of 60" in shown


@db
def test_the_list_says_what_to_do_where_there_is_none(client):
    assert "No judge yet" in page(client, "judges")


@db
def test_the_list_narrows_to_a_feature(client):
    first, second = make_judged_run([True]), make_judged_run([True])
    answer = client.get(reverse("evaluations:judges") + f"?feature={first.feature.slug}")
    assert [judge.feature for judge, _, _ in answer.context["rows"]] == [first.feature.slug]
    assert len(client.get(reverse("evaluations:judges") + "?feature=nonsense").context["rows"]) == 2
    assert second.feature.slug in page(client, "judges")


@db
@pytest.mark.parametrize("runs", [1, 3])
def test_the_list_asks_the_same_questions_however_many_judges(client, runs, django_assert_max_num_queries):
    for _ in range(runs):
        grade_at_random(make_judged_run([True]), [True])
    page(client, "judges")
    with django_assert_max_num_queries(8):
        page(client, "judges")


@db
def test_a_judges_page_shows_where_people_say_otherwise(client):
    run = make_judged_run([True] * 21 + [False])
    grade_at_random(run, [True] * 20 + [False, False])
    weigh()
    judge = only()
    shown = page(client, "judge", judge.feature, judge.short)
    assert "People say why" in shown
    assert "The judge on t-020" in shown
    assert "t-021" not in shown
    assert "No such disagreement" in page(client, "judge", judge.feature, judge.short, query="?kind=strict")


@db
def test_a_judges_page_says_what_the_one_before_was(client):
    feature, now = make_feature(), clock.now()
    grade_at_random(make_judged_run(JUDGED, feature=feature, created_at=now - timedelta(days=3)), GOOD)
    weigh()
    make_judged_run(JUDGED, feature=feature, entry=judge_entry(sha256="b" * 64), created_at=clock.now())
    new, old = judges.judges(feature.slug)
    assert "was TRUSTED until its rubric changed on" in page(client, "judge", feature.slug, new.short)
    assert "Replaced: its rubric changed on" in page(client, "judge", feature.slug, old.short)
    assert "its rubric changed on" in page(client, "judges")


@db
@pytest.mark.parametrize("grades", [1, 3])
def test_a_judges_page_asks_the_same_questions_however_many_disagree(
    client, grades, django_assert_max_num_queries
):
    run = make_judged_run([True] * grades)
    grade_at_random(run, [False] * grades, by=make_user())
    weigh()
    judge = only()
    page(client, "judge", judge.feature, judge.short)
    with django_assert_max_num_queries(14):
        page(client, "judge", judge.feature, judge.short)


@db
@pytest.mark.parametrize("digest", ["0" * 12, "", "0"])
def test_a_judge_that_does_not_exist_is_not_found(client, digest):
    make_judged_run([True])
    answer = client.get(f"/evaluations/judges/{only().feature}/{digest or only().digest[:3]}/")
    assert answer.status_code == 404


@db
def test_the_run_says_that_its_judge_is_not_trusted(client):
    run = make_judged_run([True])
    assert "Judge not trusted here." in page(client, "run", run.pk)
    make_trust(feature=run.feature, digest=judges.digest_of(run.scorers[0]))
    assert "Judge not trusted here." not in page(client, "run", run.pk)


@db
def test_a_run_without_a_judge_says_nothing_of_trust(client):
    assert "Judge not trusted here." not in page(client, "run", make_result().run.pk)
