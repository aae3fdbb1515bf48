"""The results of a run that did worst."""

import pytest

from aiops.evaluations import columns, worst
from tests.evaluations.side_by_side import EXACT, LENGTH, Outcome, finished, staged

pytestmark = pytest.mark.django_db
SAID: list[Outcome] = [
    {"exact": False, "length": 0.75},
    {"exact": True, "length": 1.0},
    {"exact": False, "contains": False, "length": 0.25},
    {"exact": None, "length": None},
    "error",
]


@pytest.mark.parametrize(
    ("scorer", "expected"),
    [("", ["t-2", "t-0"]), ("exact", ["t-0", "t-2"]), ("length", ["t-2", "t-0"]), ("contains", ["t-2"])],
)
def test_what_fails_most_or_has_the_lowest_value_stands_first(scorer, expected):
    stage = staged([{}] * 5)
    run = finished(stage, *SAID, scorers=[EXACT, {"name": "contains", "type": "contains"}, LENGTH])
    found = worst.results(run, columns.read(run), scorer)
    assert [result.case.key for result in found] == expected


def test_of_a_run_in_which_all_pass_there_is_none():
    run = finished(staged([{}] * 3), True)
    assert worst.results(run, columns.read(run), "") == []
