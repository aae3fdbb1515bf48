import pytest

from aiops.evaluations import runner
from aiops.evaluations.statistics import wilson
from aiops.evaluations.summary import summarise
from aiops.providers.errors import Timeout
from tests.evaluations.stage import always, make_stage

pytestmark = pytest.mark.django_db


def test_cases_are_counted_by_category_and_locale_with_what_is_missing(provider):
    def answer(request):
        if "error" in request.messages[-1].content:
            raise Timeout("No answer.")
        return request.messages[-1].content.removeprefix("Summarise: ")

    provider.answer = answer
    cases = [
        {"inputs": {"ticket": "yes"}, "expected": "yes", "category": "a", "locale": "en"} for _ in range(21)
    ]
    cases += [
        {"inputs": {"ticket": "no"}, "expected": "yes", "category": "b", "locale": "ja"} for _ in range(4)
    ]
    cases += [{"inputs": {"ticket": "error"}, "expected": "yes", "category": "b", "locale": "ja"}]
    cases += [{"inputs": {"ticket": "yes"}, "expected": None, "category": "b", "locale": ""}]
    run = runner.run_inline(make_stage(cases).start(scorers=[{"type": "exact"}, {"type": "token_f1"}]).pk)
    summary = summarise(run)
    assert list(summary.totals) == ["", "exact", "token_f1"]
    total = summary.totals["exact"]
    assert (total.cases, total.n, total.missing, total.passed) == (27, 25, 2, 21.0)
    assert total.share == wilson(21, 25)
    assert list(summary.by_category["exact"]) == ["a", "b"]  # b is too small to tell, so it stands last
    small = summary.by_category["exact"]["b"]
    assert (small.n, small.missing, small.enough, small.passed) == (4, 2, False, 0.0)
    assert list(summary.by_locale["exact"]) == ["en", "ja", ""]
    f1 = summary.totals["token_f1"]
    assert (f1.share, f1.shown_n, f1.mean.mid) == (None, 25, pytest.approx(21 / 25))


def test_repeats_are_averaged_first_so_that_n_counts_cases(provider):
    provider.answer = lambda request: "yes" if request.seed == 0 else "no"
    run = make_stage([{"expected": "yes"} for _ in range(30)]).start(scorers=[{"type": "exact"}], repeats=4)
    total = summarise(runner.run_inline(run.pk)).totals["exact"]
    assert (total.cases, total.n, total.passed) == (30, 30, pytest.approx(7.5))
    assert total.share.mid == pytest.approx(0.25)


def test_every_scorer_must_pass(provider):
    provider.answer = always("one two")
    scorers = [{"type": "contains", "value": "one"}, {"type": "length", "most": 1}]
    summary = summarise(runner.run_inline(make_stage(3).start(scorers=scorers).pk))
    assert {name: figure.passed for name, figure in summary.totals.items()} == {
        "": 0,
        "contains": 3,
        "length": 0,
    }


def test_a_run_without_results_has_no_figures():
    assert summarise(make_stage(3).start()).totals == {}
