"""Cases by approaches: filters, orders, cells."""

from typing import Any

import pytest

from aiops.datasets.models import Case
from aiops.evaluations import compare, matrix, summaries
from aiops.evaluations.matrix import Cell, Matrix
from tests.evaluations.side_by_side import EXACT, LENGTH, TONE, finished, staged
from tests.factories import make_case

pytestmark = pytest.mark.django_db
CASES: list[dict[str, Any]] = [
    {"key": "a", "category": "refund", "locale": "ja"},
    {"key": "b", "category": "refund", "locale": "en", "must_pass": True},
    {"key": "c", "category": "", "locale": "en"},
    {"key": "d", "category": "account", "locale": "de"},
]


@pytest.fixture
def stage():
    return staged(CASES)


def shown(*runs, scorer=None, **chosen):
    table, _ = compare.table_of(summaries.measured(runs), runs[0], scorer)
    return Matrix(table, chosen)


def keys(found):
    return [line.case.key for line in found[0:50]]


@pytest.fixture
def runs(stage):
    return finished(stage, True, True, False, "error"), finished(stage, False, True, False, None)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, ["a", "b", "c", "d"]),
        ({"show": "flipped"}, ["a"]),
        ({"show": "failing"}, ["a", "c", "d"]),
        ({"show": "all_failing"}, ["c", "d"]),
        ({"show": "missing"}, ["d"]),
        ({"show": "errors"}, ["d"]),
        ({"show": "scorers"}, []),
        ({"locale": "ja"}, ["a"]),
        ({"locale": "fr"}, []),
        ({"category": "(none)"}, ["c"]),
        ({"category": "refund", "show": "flipped"}, ["a"]),
        ({"order": "worst"}, ["c", "a", "d", "b"]),
        ({"order": "worst", "locale": "fr"}, []),
    ],
)
def test_filters_and_orders(runs, chosen, expected):
    assert keys(shown(*runs, **chosen)) == expected


def test_words_of_the_case_are_searched(stage):
    make_case(dataset=stage.dataset_version.dataset, inputs={"ticket": "my parcel is late"}, key="e")
    from tests.factories import make_dataset_version  # noqa: PLC0415 - the version of this test alone

    version = make_dataset_version(dataset=stage.dataset_version.dataset)
    run = finished(stage, True, dataset_version=version)
    assert keys(shown(run, text="parcel")) == ["e"]


def test_cells_say_what_each_run_made_of_a_case(stage):
    run = finished(stage, True, False, "error", "absent")
    twice = finished(stage, True, False, None, {"length": 0.5}, scorers=[EXACT, LENGTH], repeats=2)
    assert [line.cells for line in shown(run)[0:4]] == [
        [Cell("pass", None, 1, 1)],
        [Cell("fail", None, 0, 1)],
        [Cell("error")],
        [Cell("absent")],
    ]
    assert [line.cells[0] for line in shown(twice, scorer="exact")[0:4]] == [
        Cell("pass", 1.0, 2, 2),
        Cell("fail", 0.0, 0, 2),
        Cell("unscored"),
        Cell("unscored"),
    ]
    assert shown(twice, scorer="length")[3:4][0].cells == [Cell("score", 0.5, 0, 2)]


def test_two_scorers_that_disagree_in_one_run(stage):
    said = [{"exact": True, "tone": False}, {"exact": False, "tone": False}, {"exact": None, "tone": True}]
    run = finished(stage, *said, {"exact": False, "tone": True}, scorers=[LENGTH, EXACT, TONE])
    found = shown(run, show="scorers")
    assert found.pair == ("exact", "tone")
    assert keys(found) == ["a", "d"]
    assert [(one.state, other.state) for one, other in found[0:1][0].both] == [("pass", "fail")]
    chosen = shown(run, show="scorers", scorer="exact", other="tone")
    assert chosen.pair == ("exact", "tone")
    assert shown(run, show="scorers", other="nonsense").pair == ("exact", "tone")


def test_a_measure_passes_from_a_half_on(stage):
    said = [{"exact": True, "length": 0.4}, {"exact": True, "length": 0.5}]
    run = finished(stage, *said, scorers=[EXACT, LENGTH])
    assert keys(shown(run, show="scorers")) == ["a"]


def test_the_cases_beside_one(runs):
    found = shown(*runs, show="failing")
    ids = [line.case.pk for line in found[0:3]]
    assert found.beside(ids[0]) == (None, ids[1], 1)
    assert found.beside(ids[1]) == (ids[0], ids[2], 2)
    assert found.beside(ids[2]) == (ids[1], None, 3)
    assert found.beside(0) == (None, None, 0)
    assert (found.holds(ids[0]), found.holds(0)) == (True, False)


def test_of_several_repeats_one_that_shows_what_the_cell_says(stage):
    run = finished(stage, True, repeats=2)
    failing = run.results.get(case__key="a", repeat=1)
    failing.scores.all().delete()
    failing.scores.create(scorer="exact", passed=False)
    case = Case.objects.get(key="a", dataset=stage.dataset_version.dataset)
    absent = finished(stage, "absent")
    found = matrix.outputs([run, absent], case, [Cell("fail"), Cell("absent")])
    assert found == [failing, None]


@pytest.mark.parametrize("cases", [1, 4])
def test_a_page_asks_one_question_however_many_cases(runs, cases, django_assert_num_queries):
    found = shown(*runs)
    with django_assert_num_queries(1):
        assert len(found[0:cases]) == cases
