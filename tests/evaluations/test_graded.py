"""What people say: rows that nobody changes, the newest of each person, samples drawn by chance."""

import random

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from aiops.audit.models import AuditEvent
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.evaluations import actions, graded
from aiops.evaluations.graded import Cells
from aiops.evaluations.models import GradeSample, HumanGrade, Result
from tests.factories import (
    grade_at_random,
    make_case,
    make_grade,
    make_judged_run,
    make_result,
    make_sample,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return make_user(roles=["reviewer"])


@pytest.fixture
def run():
    return make_judged_run([True] * 12)


def said(result, person):
    grade = graded.own(result, person)
    return grade and grade.passed


def test_a_changed_grade_is_another_row_and_the_newest_counts(person):
    result = make_result()
    first = actions.grade_result(by=person, result=result, passed=True)
    actions.grade_result(by=person, result=result, passed=False, reason="Wrong name")
    assert list(graded.newest(Q(result=result)).values_list("passed", "reason")) == [(False, "Wrong name")]
    assert HumanGrade.objects.get(pk=first.pk).passed is True


def test_the_same_word_twice_is_said_once(person):
    result = make_result()
    grades = [actions.grade_result(by=person, result=result, passed=True) for _ in range(2)]
    assert grades[0] == grades[1]


def test_a_withdrawn_grade_is_another_row_and_counts_no_more(person):
    result = make_result()
    grade = actions.grade_result(by=person, result=result, passed=True)
    back = actions.withdraw_grade(by=person, grade=grade)
    assert (said(result, person), graded.newest(Q(result=result)).count()) == (None, 0)
    assert HumanGrade.objects.count() == 2
    with pytest.raises(Conflict, match="taken the grade back already"):
        actions.withdraw_grade(by=person, grade=back)


def test_nobody_takes_back_what_another_said(person):
    with pytest.raises(NotAllowed):
        actions.withdraw_grade(by=person, grade=make_grade())


def test_only_those_with_the_permission_grade():
    with pytest.raises(NotAllowed):
        actions.grade_result(by=make_user(roles=["viewer"]), result=make_result(), passed=True)


def test_an_error_is_not_graded(person):
    result = make_result(error_kind="timeout")
    with pytest.raises(InvalidInput, match="no output to grade"):
        actions.grade_result(by=person, result=result, passed=True)


def test_a_reason_of_a_book_is_refused(person):
    with pytest.raises(InvalidInput, match="at most 2,000"):
        actions.grade_result(by=person, result=make_result(), passed=True, reason="x" * 2001)


def test_a_grade_stands_in_the_audit_with_what_was_said_before(person):
    result = make_result()
    actions.grade_result(by=person, result=result, passed=True)
    actions.grade_result(by=person, result=result, passed=False, reason="No")
    event = AuditEvent.objects.filter(action="evaluations.result_graded").latest("id")
    assert (event.before["grade"], event.after["grade"], event.reason) == ("pass", "fail", "No")


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "page", "sampling": "random"},
        {"source": "hearsay"},
        {"passed": None, "reason": "still says something"},
    ],
)
def test_the_database_refuses_grades_that_make_no_sense(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_grade(**wrong)


def test_the_database_refuses_a_random_grade_of_what_was_not_drawn():
    sample = make_sample()
    with pytest.raises(IntegrityError, match="did not draw"), transaction.atomic():
        make_grade(sample=sample, result=make_result())


def test_the_database_refuses_a_grade_in_somebody_elses_sample():
    sample = make_sample()
    with pytest.raises(IntegrityError, match="did not draw"), transaction.atomic():
        make_grade(sample=sample, result=sample.run.results.get(), by=make_user())


def test_the_database_refuses_a_grade_of_an_error():
    with pytest.raises(IntegrityError, match="nothing to grade"), transaction.atomic():
        make_grade(result=make_result(error_kind="timeout"))


@pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}"])
@pytest.mark.parametrize("model", [HumanGrade, GradeSample])
def test_what_was_said_and_drawn_is_never_changed(model, statement):
    sample = make_sample()
    make_grade(sample=sample, result=sample.run.results.get())
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(model._meta.db_table))


def test_a_sample_is_drawn_by_its_seed(person, run):
    sample = actions.draw_sample(by=person, run=run, size=5, seed=7)
    ids = list(run.results.order_by("pk").values_list("pk", flat=True))
    assert (sample.result_ids, sample.population, sample.seed) == (random.Random(7).sample(ids, 5), 12, 7)


def test_a_second_sample_draws_what_the_person_has_not_drawn_yet(person, run):
    first = actions.draw_sample(by=person, run=run, size=5)
    second = actions.draw_sample(by=person, run=run, size=50)
    assert (len(second.result_ids), set(first.result_ids) & set(second.result_ids)) == (7, set())
    with pytest.raises(Conflict, match="no result"):
        actions.draw_sample(by=person, run=run, size=1)


def test_what_was_picked_before_is_drawn_too(person, run):
    """Otherwise picking all that the judge failed would leave a sample without any."""
    actions.grade_result(by=person, result=run.results.first(), passed=False)
    assert len(actions.draw_sample(by=person, run=run, size=50).result_ids) == 12


def test_errors_are_not_drawn(person, run):
    Result.objects.create(run=run, case=make_case(), error_kind="timeout")
    assert actions.draw_sample(by=person, run=run, size=50).population == 12


@pytest.mark.parametrize("size", [0, 501])
def test_a_sample_of_nothing_or_of_everything_is_refused(person, run, size):
    with pytest.raises(InvalidInput, match="1 to 500"):
        actions.draw_sample(by=person, run=run, size=size)


def test_a_grade_within_a_sample_is_random_and_its_correction_too(person, run):
    sample = actions.draw_sample(by=person, run=run, size=3)
    result = Result.objects.get(pk=sample.result_ids[0])
    actions.grade_result(by=person, result=result, passed=True, sample=sample)
    corrected = actions.grade_result(by=person, result=result, passed=False)
    assert (corrected.source, corrected.sampling, corrected.sample) == ("page", "random", sample)


def test_a_grade_on_the_page_of_a_drawn_result_is_chosen_until_it_is_given_blind(person, run):
    sample = actions.draw_sample(by=person, run=run, size=3)
    result = Result.objects.get(pk=sample.result_ids[0])
    seen = actions.grade_result(by=person, result=result, passed=True)
    blind = actions.grade_result(by=person, result=result, passed=True, sample=sample)
    assert (seen.sampling, blind.sampling) == ("chosen", "random")


def test_a_result_that_a_sample_did_not_draw_is_not_graded_in_it(person, run):
    sample = actions.draw_sample(by=person, run=run, size=1)
    other = run.results.exclude(pk__in=sample.result_ids).first()
    with pytest.raises(NotAllowed, match="not in a sample"):
        actions.grade_result(by=person, result=other, passed=True, sample=sample)


def test_the_word_of_several_people_is_their_majority():
    votes = [(1, True), (1, True), (1, False), (2, True), (2, False), (3, False)]
    assert graded.verdicts(votes) == {1: True, 2: None, 3: False}


def test_cells_leave_out_what_nobody_can_compare():
    human = {1: True, 2: False, 3: None, 4: True, 5: False}
    judged = {1: True, 2: True, 3: True, 5: False}
    assert graded.cells(human, judged) == Cells(
        human_fail_judge_fail=1, human_fail_judge_pass=1, human_pass_judge_pass=1, split=1, unjudged=1
    )


def test_the_panel_tells_random_from_picked_grades():
    run = make_judged_run([True, False, True, None])
    grade_at_random(run, [True, True, None, True])
    make_grade(result=run.results.order_by("pk")[2], passed=False)
    panel = graded.panel(run)
    _, drawn, picked = panel.rows[0]
    assert (panel.grades, panel.random, panel.people) == (4, 3, 2)
    assert drawn == Cells(human_pass_judge_pass=1, human_pass_judge_fail=1, unjudged=1)
    assert picked == Cells(human_fail_judge_pass=1)


def test_a_grade_has_the_judges_weighed_again(person, sent, django_capture_on_commit_callbacks):
    run = make_judged_run([True])
    with django_capture_on_commit_callbacks(execute=True):
        actions.grade_result(by=person, result=run.results.get(), passed=True)
    assert sent == [("evaluations.weigh_judges", run.feature.slug)]


def test_without_a_judge_nothing_is_weighed(person, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        actions.grade_result(by=person, result=make_result(), passed=True)
    assert sent == []
