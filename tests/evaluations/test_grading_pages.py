"""Grading in the browser: blind, by keyboard, one result after another."""

import pytest
from django.urls import reverse

from aiops.evaluations.models import GradeSample, HumanGrade
from tests.factories import grade_at_random, make_grade, make_judged_run, make_result, make_sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(as_role):
    return as_role("reviewer")


@pytest.fixture
def run():
    return make_judged_run([True, False, True])


def url(name, *args, **query):
    address = reverse(f"evaluations:{name}", args=args)
    return f"{address}?{'&'.join(f'{key}={value}' for key, value in query.items())}" if query else address


def draw(client, run, size=3):
    answer = client.post(url("grade", run.pk), {"size": size})
    return GradeSample.objects.get(pk=int(answer.url.rstrip("/").rpartition("/")[2]))


def give(client, sample, grade, item=None, **values):
    address = url("grade-sample", sample.run_id, sample.pk)
    return client.post(address, {"grade": grade, "item": item or sample.result_ids[0], **values})


def test_a_reviewer_finds_the_runs_to_grade(client, run):
    assert [row[0] for row in client.get(url("grading")).context["rows"]] == [run]


def test_without_runs_the_page_says_when_there_are_some(client):
    assert "Nothing to grade yet" in client.get(url("grading")).content.decode()


@pytest.mark.parametrize("runs", [1, 3])
def test_the_list_asks_the_same_questions_however_many_runs(client, runs, django_assert_max_num_queries):
    for _ in range(runs):
        grade_at_random(make_judged_run([True]), [True], by=client.user)
    client.get(url("grading"))
    with django_assert_max_num_queries(8):
        page = client.get(url("grading"))
    assert [row[1:] for row in page.context["rows"]] == [(1, 1)] * runs


def test_a_sample_is_drawn_and_graded_to_its_end(client, run):
    sample = draw(client, run)
    for item in sample.result_ids:
        answer = give(client, sample, "pass", item)
    page = client.get(answer.url)
    assert "All 3 graded" in page.content.decode()
    assert HumanGrade.objects.filter(sample=sample, sampling="random", passed=True).count() == 3
    assert "3 of 3" in client.get(url("grade", run.pk)).content.decode()


def test_grading_is_blind_until_the_grade_is_given(client, run):
    sample = draw(client, run)
    item = sample.result_ids[0]
    before = client.get(url("grade-sample", run.pk, sample.pk, item=item)).content.decode()
    give(client, sample, "fail", item, reason="Rude")
    after = client.get(url("grade-sample", run.pk, sample.pk, item=item)).content.decode()
    version, model = str(run.version), str(run.model)
    hidden = ("The judge on", "What scorers say", version, model, "$")
    assert [word for word in hidden if word in before] == []
    assert "The judge on" in after
    assert "Rude" in after


def test_the_next_result_is_one_without_a_grade(client, run):
    sample = draw(client, run)
    first, second, third = sample.result_ids
    give(client, sample, "pass", second)
    assert give(client, sample, "pass", first).url.endswith(f"?item={third}")
    assert client.get(url("grade-sample", run.pk, sample.pk)).context["result"].pk == third


def test_a_skipped_result_comes_again(client, run):
    sample = draw(client, run)
    first, second, third = sample.result_ids
    assert client.get(url("grade-sample", run.pk, sample.pk, item=first)).context["skip"] == second
    assert client.get(url("grade-sample", run.pk, sample.pk, item=third)).context["skip"] == first


def test_the_last_grade_is_undone_and_its_result_shown_again(client, run):
    sample = draw(client, run)
    give(client, sample, "fail")
    grade = HumanGrade.objects.get()
    page = client.get(url("grade-sample", run.pk, sample.pk))
    assert page.context["last"] == grade
    back = client.post(url("withdraw", run.pk, grade.pk))
    assert back.url == url("grade-sample", run.pk, sample.pk, item=grade.result_id)
    assert client.get(back.url).context["done"] == 0


def test_nobody_sees_or_grades_the_sample_of_another(client, run):
    sample = make_sample(run=run)
    for answer in (client.get(url("grade-sample", run.pk, sample.pk)), give(client, sample, "pass")):
        assert answer.url == url("grade", run.pk)
    assert not HumanGrade.objects.exists()


@pytest.mark.parametrize("item", ["999999", "²", "-1", "x"])
def test_an_item_that_was_not_drawn_shows_the_next_one(client, run, item):
    sample = draw(client, run)
    page = client.get(url("grade-sample", run.pk, sample.pk, item=item))
    assert page.context["result"].pk == sample.result_ids[0]


def test_a_grade_that_names_no_drawn_result_grades_nothing(client, run):
    sample = draw(client, run)
    assert give(client, sample, "pass", item=999999).status_code == 302
    assert not HumanGrade.objects.exists()


def test_a_choice_that_is_none_is_answered_in_place(client, run):
    sample = draw(client, run)
    page = give(client, sample, "perhaps")
    assert (page.status_code, "Choose pass or fail." in page.content.decode()) == (422, True)


@pytest.mark.parametrize("size", ["0", "501", "many", ""])
def test_a_wrong_size_is_answered_in_place(client, run, size):
    assert client.post(url("grade", run.pk), {"size": size}).status_code == 422


def test_a_run_that_is_drawn_dry_says_so(client, run):
    draw(client, run)
    assert "You have drawn every result" in client.get(url("grade", run.pk)).content.decode()
    assert client.post(url("grade", run.pk), {"size": 1}).status_code == 422


def test_a_run_under_way_is_not_graded(client):
    run = make_judged_run([True], state="running")
    assert client.get(url("grade", run.pk)).status_code == 404


def test_a_result_is_graded_on_its_page_and_taken_back(as_role, run):
    client = as_role("engineer")
    result = run.results.first()
    client.post(url("grade-result", run.pk, result.pk), {"grade": "fail", "reason": "a\r\nb"})
    grade = HumanGrade.objects.get()
    assert (grade.passed, grade.reason, grade.sampling, grade.by) == (False, "a\nb", "chosen", client.user)
    page = client.get(url("result", run.pk, result.pk))
    assert page.context["mine"] == grade
    assert "Take back" in page.content.decode()
    back = client.post(url("withdraw", run.pk, grade.pk))
    assert back.url == url("result", run.pk, result.pk)
    assert client.post(url("withdraw", run.pk, grade.pk), follow=True).status_code == 200


def test_a_result_without_an_output_offers_no_grade(as_role):
    client = as_role("engineer")
    result = make_result(error_kind="timeout")
    assert "Pass <kbd" not in client.get(url("result", result.run_id, result.pk)).content.decode()
    page = client.post(url("grade-result", result.run_id, result.pk), {"grade": "pass"}, follow=True)
    assert "no output to grade" in page.content.decode()


def test_a_wrong_choice_on_the_page_is_said(as_role, run):
    client = as_role("engineer")
    page = client.post(url("grade-result", run.pk, run.results.first().pk), {"grade": "?"}, follow=True)
    assert "Choose pass or fail" in page.content.decode()


def test_those_who_only_look_see_grades_and_no_buttons(as_role, run):
    result = run.results.first()
    make_grade(result=result, reason="<b>Hm</b>")
    page = as_role("viewer").get(url("result", run.pk, result.pk)).content.decode()
    assert ("&lt;b&gt;Hm" in page, "grade__pass" in page) == (True, False)


def test_the_run_shows_people_beside_its_scorers(as_role, run):
    grade_at_random(run, [True, True, None])
    page = " ".join(as_role("engineer").get(url("run", run.pk)).content.decode().split())
    assert "2 grades by 1 person, 2 of results drawn at random." in page
    assert "1 of 2" in page


@pytest.mark.parametrize("results", [1, 3])
def test_the_pages_of_a_sample_ask_the_same_questions_however_many_results(
    client, results, django_assert_max_num_queries
):
    run = make_judged_run([True] * (results + 1))
    sample = grade_at_random(run, [True] * results + [None], by=client.user)
    address = url("grade-sample", run.pk, sample.pk)
    client.get(address)
    with django_assert_max_num_queries(9):
        client.get(address)
    give(client, sample, "pass", item=sample.result_ids[-1])
    with django_assert_max_num_queries(9):
        assert len(client.get(address).context["rows"]) == results + 1


@pytest.mark.parametrize("results", [1, 3])
def test_a_run_asks_the_same_questions_however_many_grades(as_role, results, django_assert_max_num_queries):
    client = as_role("engineer")
    run = make_judged_run([True] * 3)
    grade_at_random(run, [True] * results + [None] * (3 - results))
    client.get(url("run", run.pk))
    with django_assert_max_num_queries(30):
        client.get(url("run", run.pk))
