"""The pages of runs side by side."""

import csv
import io
from typing import Any

import pytest
from django.urls import reverse

from aiops.evaluations import judges
from tests.evaluations.side_by_side import EXACT, LENGTH, TONE, classifier_version, finished, staged
from tests.factories import make_trust

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"
CASES: list[dict[str, Any]] = [
    {
        "key": "a-1",
        "inputs": {"ticket": HOSTILE},
        "category": HOSTILE,
        "locale": "ja",
        "expected": {"x": HOSTILE},
    },
    {"key": "b-2", "category": "", "locale": "en", "must_pass": True},
    {"key": "c-3", "category": "account", "locale": "en", "expected": "yes"},
]


@pytest.fixture
def stage():
    return staged(CASES)


@pytest.fixture
def client(as_role):
    return as_role("viewer")


def url(name, *runs, **query):
    asked = [*(f"run={run.pk}" for run in runs), *(f"{key}={value}" for key, value in query.items())]
    return f"{reverse(f'evaluations:{name}')}?{'&'.join(asked)}"


def text_of(response):
    assert response.status_code == 200
    return response.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def body(response):
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_runs_stand_side_by_side(client):
    stage = staged([{"category": "account", "locale": "en"}, {"category": "refund", "locale": "ja"}] * 60)
    large = finished(stage, True)
    small = finished(
        stage, {"exact": True}, classifier_version=classifier_version(stage), cost=0, latency=2.0
    )
    worse = finished(stage, *[False] * 40, "error", *["absent"] * 2, True)
    text = text_of(client.get(url("side-by-side", large, small, worse, base=large.pk)))
    assert "The classifier is the best and the cheapest: 100 % (97–100) at $0.00 per 1,000, p50 2 ms" in text
    for word in ("Base", "Not worse", "Worse", "3 missing", "p95", "account", "refund", "ja"):
        assert word in text
    assert [run.pk for run in client.get(url("side-by-side", worse, large)).context["runs"]] == [
        worse.pk,
        large.pk,
    ]


def test_what_people_wrote_is_shown_as_text(client, stage):
    run, other = finished(stage, True), finished(stage, False)
    for name in ("side-by-side", "matrix"):
        assert HOSTILE not in text_of(client.get(url(name, run, other)))
    case = run.results.get(case__key="a-1").case_id
    text = text_of(client.get(url("compare-case", run, other, case=case)))
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text


def test_no_run_or_nothing_in_common_is_said(client, stage):
    assert "No run is chosen" in text_of(client.get(url("side-by-side", run=0)))
    for name in ("side-by-side", "side-by-side-csv", "matrix", "matrix-csv", "compare-case"):
        assert "No run is chosen" in text_of(client.get(url(name, run="x", base="9" * 30)))
    run, other = finished(stage, True), finished(stage, {}, scorers=[LENGTH])
    assert "no scorer in common" in text_of(client.get(url("side-by-side", run, other)))
    for name in ("matrix", "matrix-csv", "compare-case"):
        assert "Nothing in common" in text_of(client.get(url(name, run, other)))


def test_more_than_five_runs_and_unfinished_ones_are_said(client, stage):
    runs = [finished(stage, True) for _ in range(6)]
    found = client.get(url("side-by-side", *runs))
    assert len(found.context["runs"]) == 5
    assert "At most 5 runs" in text_of(found)
    stopped = finished(stage, True, "absent", state="cancelled")
    text = text_of(client.get(url("side-by-side", stopped)))
    assert "is cancelled with 1 of 3 done" in text


def test_other_sets_of_cases_are_said(client, stage):
    other = staged([{}])
    assert "no case in common" in text_of(
        client.get(url("side-by-side", finished(stage, True), finished(other, True)))
    )


@pytest.mark.parametrize("count", [1, 3])
def test_a_comparison_asks_the_same_number_of_questions(client, stage, count, django_assert_num_queries):
    runs = [finished(stage, True) for _ in range(count)]
    client.get(url("side-by-side", *runs))
    client.get(url("matrix", *runs))
    with django_assert_num_queries(9):
        client.get(url("side-by-side", *runs))
    with django_assert_num_queries(8):
        client.get(url("matrix", *runs))


def test_figures_that_rest_on_a_judge_that_is_not_trusted_say_so(client, stage):
    scorers = [EXACT, TONE]
    runs = [finished(stage, {"exact": True, "tone": True}, scorers=scorers) for _ in range(2)]
    warned = text_of(client.get(url("side-by-side", *runs, scorer="tone")))
    assert warned.count("Its figures may be wrong") == 1
    assert "Judge not trusted here." in text_of(client.get(url("side-by-side", *runs, scorer="")))
    assert "Judge not trusted here." not in text_of(client.get(url("side-by-side", *runs, scorer="exact")))
    make_trust(feature=stage.feature, digest=judges.digest_of(TONE))
    assert "Judge not trusted here." not in text_of(client.get(url("side-by-side", *runs, scorer="tone")))


@pytest.mark.parametrize("count", [1, 3])
def test_judges_are_one_question_however_many_runs(client, stage, count, django_assert_num_queries):
    runs = [finished(stage, {"tone": True}, scorers=[TONE]) for _ in range(count)]
    client.get(url("side-by-side", *runs))
    with django_assert_num_queries(10):
        client.get(url("side-by-side", *runs))


def test_many_categories_are_shown_when_asked_for(client):
    stage = staged([{"category": f"c{at:02}"} for at in range(35)])
    run = finished(stage, True)
    assert "Show 5 more" in text_of(client.get(url("side-by-side", run)))
    assert "c34" in text_of(client.get(url("side-by-side", run, all=1)))


@pytest.mark.parametrize("header", [{}, {"HX-Request": "true"}])
def test_a_matrix_as_page_and_as_fragment(client, stage, header):
    runs = finished(stage, True, False), finished(stage, False, "error", "absent")
    text = text_of(client.get(url("matrix", *runs, show="failing"), headers=header))
    assert ("<html" in text) is not bool(header)
    for word in ("Pass", "Fail", "Error", "no result", "must pass"):
        assert word in text
    assert "No case matches" in text_of(client.get(url("matrix", *runs, locale="fr"), headers=header))


def test_a_matrix_of_two_scorers(client, stage):
    said = {"exact": True, "tone": False, "length": 0.25}
    run = finished(stage, said, scorers=[EXACT, TONE, LENGTH])
    text = text_of(client.get(url("matrix", run, show="scorers", scorer="exact", other="tone")))
    assert "<small>tone</small>" in text
    assert "0.25" in text_of(client.get(url("matrix", run, scorer="length")))


def test_a_case_shows_every_answer_beside_the_base(client, stage):
    first, second = finished(stage, True), finished(stage, "error", False)
    third = finished(stage, "absent", True)
    ids = dict(first.results.values_list("case__key", "case_id"))
    text = text_of(client.get(url("compare-case", first, second, third, case=ids["a-1"])))
    assert "No result." in text
    assert "timeout" in text
    assert "case 1 of 3" in text
    assert f"case={ids['b-2']}" in text
    pair = text_of(client.get(url("compare-case", first, second, case=ids["b-2"])))
    assert "Must pass" in pair
    assert "not among the 0 cases" in text_of(
        client.get(url("compare-case", first, second, case=ids["c-3"], locale="fr"))
    )
    for missing in ("", 0, "x"):
        assert client.get(url("compare-case", first, case=missing)).status_code == 404


def test_two_answers_mark_what_each_lacks(client, stage):
    first, second = finished(stage, True), finished(stage, False)
    answer = second.results.get(case__key="a-1")
    type(answer).objects.filter(pk=answer.pk).delete()
    answer.pk, answer.output = None, "another answer altogether"
    answer.save(force_insert=True)
    text = text_of(client.get(url("compare-case", first, second, case=answer.case_id)))
    assert "<del>" in text
    assert "<ins>" in text


def test_a_comparison_as_csv(client, stage):
    first, second = finished(stage, True), finished(stage, False)
    rows = list(csv.DictReader(io.StringIO(body(client.get(url("side-by-side-csv", first, second))))))
    assert [(row["run"], row["group"], row["quality"], row["gate"]) for row in rows[:2]] == [
        (str(first.pk), "all", "1.0", "best"),
        (str(second.pk), "all", "0.0", "must_pass"),
    ]
    assert rows[1]["difference"] == "-1.0"
    assert {row["group"] for row in rows} == {"all", "category", "locale", "scorer"}
    other = staged([{}])
    apart = body(client.get(url("side-by-side-csv", first, finished(other, True))))
    assert ",all,,,,,,,,,,open," in apart


def test_a_matrix_as_csv_holds_what_the_filters_show(client, stage):
    first, second = finished(stage, True), finished(stage, "absent", False, "error")
    found = client.get(url("matrix-csv", first, second, locale="en"))
    rows = list(csv.DictReader(io.StringIO(body(found))))
    assert [(row["case"], row["must_pass"], row["expected"]) for row in rows] == [
        ("b-2", "True", ""),
        ("c-3", "False", "yes"),
    ]
    state, output, error = (f"run {second.pk} {part}" for part in ("state", "output", "error"))
    assert [(row[state], row[output], row[error]) for row in rows] == [
        ("fail", "answer to b-2", ""),
        ("error", "", "No answer."),
    ]


def test_runs_are_chosen_in_the_list(client, stage):
    run = finished(stage, True)
    text = text_of(client.get(reverse("evaluations:list")))
    assert f'name="run" value="{run.pk}" form="compare"' in text
    assert f'action="{reverse("evaluations:side-by-side")}"' in text
