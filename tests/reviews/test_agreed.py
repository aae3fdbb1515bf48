"""Agreement of a feature and of a person, reckoned from grades and shown."""

from datetime import timedelta

import pytest
from django.urls import reverse

from aiops.core import clock
from aiops.reviews import agreed, judged, steps, tasks
from aiops.reviews.models import AgreementReport, Grade, ReviewItem
from tests.factories import (
    make_feature,
    make_judged_run,
    make_review_grade,
    make_review_item,
    make_round,
    make_user,
)
from tests.reviews.test_steps import judge_says

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    return [make_user(roles=["reviewer"], languages=["en"], email=f"{name}@example.com") for name in "ab"]


def both(feature, pair, raws, **values):
    item = make_review_item(feature=feature, seats=2, **values)
    for person, raw in zip(pair, raws, strict=True):
        make_review_grade(item=item, reviewer=person, raw=raw, scale=item.scale)
    return steps.move_on(item)


@pytest.fixture
def feature(pair):
    """Two people on six items: they agree on five, a third one sides with the second; a judge on two."""
    found = make_feature()
    items = [both(found, pair, (1, 1)) for _ in range(4)]
    both(found, pair, (0, 0), locale="ja", category="billing")
    differing = both(found, pair, (1, 0))
    make_review_grade(item=differing, raw=0)
    steps.move_on(differing)
    judge_says(items[0], passed=True)
    judge_says(differing, passed=True, digest="e")
    return found


def test_a_report_tells_people_judge_and_each_person(feature, pair):
    found = agreed.reckoned(feature, now=clock.now()).figures
    assert (found["people"]["n"], found["people"]["equal"], found["decided"]) == (6, 5, 1)
    assert found["people"]["table"] == [[1, 0], [1, 4]]
    assert [(name, one["n"]) for name, one in found["locales"]] == [("en", 5), ("ja", 1)]
    assert (found["judge"]["n"], found["judge"]["equal"]) == (2, 1)
    assert [(a, b, one["n"]) for a, b, one in found["pairs"]] == [(pair[0].pk, pair[1].pk, 6)]
    first, second = (found["reviewers"][str(person.pk)] for person in pair)
    assert (first["graded"], first["settled"]["equal"], second["settled"]["equal"]) == (6, 0, 1)
    assert (first["others"]["n"], first["gold"]["n"], first["judge"]["n"]) == (6, 0, 2)


def test_what_was_withdrawn_counts_for_nothing(feature):
    ReviewItem.objects.filter(feature=feature).update(state="withdrawn", done_at=clock.now())
    found = agreed.report(feature, clock.now() - timedelta(days=1))
    assert (found["people"]["n"], found["decided"], found["reviewers"]) == (0, 0, {})


def test_grades_on_another_scale_than_the_newest_are_left_out(feature, pair):
    both(feature, pair, (5, 4), scale="one_to_five")
    found = agreed.report(feature, clock.now() - timedelta(days=1))
    assert (found["scale"], found["people"]["n"], found["left_out"]) == ("one_to_five", 1, 13)


def test_the_worker_reckons_only_where_somebody_graded_since(feature):
    make_feature()
    tasks.reckon_agreement()
    at = AgreementReport.objects.get().at
    tasks.reckon_agreement()
    assert AgreementReport.objects.get().at == at
    Grade.objects.filter(item__feature=feature, raw=0).update(comment="changed")
    tasks.reckon_agreement()
    assert AgreementReport.objects.get().at > at


def test_the_worker_finds_what_a_judge_said_later(feature, pair):
    item = make_review_item(feature=feature)
    make_review_grade(item=item)
    steps.move_on(item)
    judge_says(item, passed=False)
    tasks.look_again()
    item.refresh_from_db()
    assert (item.state, item.seats) == ("open", 2)


def test_of_a_runs_results_its_judge_says_what_it_said():
    run = make_judged_run([True, False, None])
    items = [
        make_review_item(
            feature=run.feature, source="result", source_id=str(one.pk), result=one, stratum="run"
        )
        for one in run.results.order_by("pk")
    ]
    assert judged.verdicts(items) == {items[0].pk: True, items[1].pk: False}
    assert [judged.verdict(item) for item in items] == [True, False, None]


def test_a_report_tells_how_people_do_on_known_answers(feature, pair):
    gold = make_round(feature=feature, kind="gold")
    known = {"raw": 1, "passed": True, "reasons": [], "comment": ""}
    probe = make_review_item(feature=feature, round=gold, gold=known, seats=2)
    for person, raw in zip(pair, (1, 0), strict=True):
        make_review_grade(item=probe, reviewer=person, raw=raw)
    assert steps.move_on(probe).state == "open"
    found = agreed.report(feature, clock.now() - timedelta(days=1))
    assert (found["people"]["n"], found["gold"]["n"], found["gold"]["equal"]) == (6, 2, 1)
    assert found["reviewers"][str(pair[1].pk)]["gold"]["equal"] == 0


def test_what_is_known_of_a_probe_is_hidden_from_who_may_still_be_shown_it(feature, pair, as_role):
    gold = make_round(feature=feature, kind="gold")
    known = {"raw": 1, "passed": True, "reasons": [], "comment": ""}
    probe = make_review_item(feature=feature, round=gold, gold=known)
    make_review_grade(item=probe, reviewer=pair[0])
    address = reverse("reviews:item", args=[probe.pk])
    lead = as_role("product")
    assert lead.get(address).context["blind"]
    lead.force_login(pair[0])
    assert lead.get(address).context["blind"]
    Grade.objects.filter(item=probe).update(at=clock.now() - timedelta(hours=1))
    page = lead.get(address)
    assert (page.context["blind"], "Known" in page.content.decode()) == (False, True)


def test_the_pages_show_it_to_leads_whole_and_to_others_their_part(feature, pair, as_role, client):
    tasks.reckon_agreement()
    lead = as_role("product")
    listed = lead.get(reverse("reviews:agreement")).content.decode()
    assert "5 of 6 equal; AC1 and kappa from 20 on" in listed
    page = lead.get(reverse("reviews:agreement-of", args=[feature.slug]))
    assert len(page.context["pairs"]) == 1
    assert "Collecting, 6 of 20" in page.content.decode()
    client.force_login(pair[0])
    own = client.get(reverse("reviews:agreement-of", args=[feature.slug]))
    assert ([one.pk for one, _ in own.context["people"]], own.context["pairs"]) == ([pair[0].pk], [])
    assert pair[1].email not in own.content.decode()


def test_a_feature_without_grades_says_so(as_role):
    page = as_role("product").get(reverse("reviews:agreement-of", args=[make_feature().slug]))
    assert "Nothing to compare yet" in page.content.decode()


def test_a_person_sees_pace_agreement_and_what_a_third_one_saw_otherwise(feature, pair, client):
    tasks.reckon_agreement()
    client.force_login(pair[0])
    page = client.get(reverse("reviews:reviewers"))
    assert [grade.raw for grade, _ in page.context["rows"]] == [1]
    assert (page.context["pace"].n, page.context["pace"].seconds) == (6, 20.0)
    assert [row.slug for row in page.context["standings"]] == [feature.slug]
    filtered = client.get(reverse("reviews:reviewers"), {"kind": "gold"}, headers={"HX-Request": "true"})
    assert "Nothing to learn from" in filtered.content.decode()
    client.force_login(pair[1])
    assert list(client.get(reverse("reviews:reviewers")).context["rows"]) == []


def test_somebody_elses_page_is_for_leads(pair, client, as_role):
    address = reverse("reviews:reviewer", args=[pair[1].pk])
    client.force_login(pair[0])
    assert client.get(address).url == reverse("reviews:reviewers")
    lead = as_role("product")
    assert lead.get(address).context["person"] == pair[1]
    listed = lead.get(reverse("reviews:reviewers"))
    assert {desk.person.pk for desk in listed.context["desks"]} >= {one.pk for one in pair}
