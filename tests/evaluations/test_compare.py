"""Up to five runs side by side."""

from decimal import Decimal

import pytest

from aiops.evaluations import actions, compare, naming, pairing, summaries, verdicts
from aiops.evaluations.compare_words import Standing
from aiops.evaluations.models import Run
from aiops.evaluations.summary import summarise
from tests.evaluations.side_by_side import EXACT, LENGTH, TONE, Outcome, classifier_version, finished, staged
from tests.evaluations.stage import BY
from tests.factories import (
    make_case,
    make_dataset_version,
    make_model,
    make_price,
    make_rules,
    make_version,
)

pytestmark = pytest.mark.django_db
EN = {"category": "account", "locale": "en"}
JA = {"category": "refund", "locale": "ja"}


@pytest.fixture
def stage():
    return staged([EN] * 60 + [JA] * 60)


def side_by_side(*runs, base=None, scorer=None):
    return compare.compared(summaries.measured(runs), base or runs[0], scorer)


def standing(found):
    return [side.standing for side in found.sides]


def test_runs_stand_beside_the_base_with_paired_differences(stage):
    base, worse = finished(stage, True), finished(stage, *[True] * 60, False)
    found = side_by_side(base, worse)
    assert (found.scorer, found.cases, found.most_cases) == ("", 120, 120)
    assert standing(found) == [Standing.BEST, Standing.BLOCK]
    assert [side.total.figure.share.mid for side in found.sides] == [1.0, 0.5]
    assert found.sides[1].total.rise == -0.5
    assert found.sides[1].total.rise_low < -0.5 < found.sides[1].total.rise_high
    assert [(row.name, [cell.state for cell in row.cells]) for row in found.by_locale] == [
        ("en", ["", "pass"]),
        ("ja", ["", "block"]),
    ]
    assert [row.name for row in found.by_category] == ["account", "refund"]
    assert [row.name for row in found.by_scorer] == ["exact"]


def test_figures_are_those_of_the_run_page(stage):
    said: list[Outcome] = [True, False, None, "error", *[True] * 20, False]
    run = finished(stage, *said, repeats=2)
    found = side_by_side(run)
    assert found.sides[0].total.figure == summarise(run).totals[""]


def test_another_base_turns_the_differences_round(stage):
    base, worse = finished(stage, True), finished(stage, *[True] * 60, False)
    found = side_by_side(base, worse, base=worse)
    assert standing(found) == [Standing.PASS, Standing.BEST]
    assert found.sides[0].total.rise == 0.5


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([True], Standing.PASS),
        ([*[True] * 6, *["absent"] * 10, True], Standing.MISSING),
        ([*[False] * 4, True], Standing.UNSURE),
    ],
)
def test_a_candidate_stands_as_the_gate_says(stage, said, expected):
    base, run = finished(stage, True), finished(stage, *said)
    found = side_by_side(base, run)
    assert found.sides[1].standing == expected
    verdict = actions.compare_runs(by=BY, candidate=run, baseline=base)
    assert pairing._STANDINGS.get(verdict.reason, Standing.BLOCK) == expected


def test_too_few_cases_and_broken_must_pass_cases():
    stage = staged([{"must_pass": True}, *[{}] * 8])
    base, broken, fine = finished(stage, True), finished(stage, False, True), finished(stage, True)
    assert standing(side_by_side(base, broken, fine)) == [Standing.BEST, Standing.MUST_PASS, Standing.FEW]


def test_only_common_cases_count(stage):
    old = finished(stage, True)
    make_case(dataset=stage.dataset_version.dataset)
    later = make_dataset_version(dataset=stage.dataset_version.dataset)
    new = finished(stage, True, dataset_version=later)
    found = side_by_side(new, old)
    assert (found.cases, found.most_cases) == (120, 121)
    assert [side.total.figure.cases for side in found.sides] == [120, 120]


def test_nothing_in_common_is_said(stage):
    other = staged([{}])
    found = side_by_side(finished(stage, True), finished(other, True))
    assert (found.cases, found.scorer, found.by_scorer) == (0, None, [])
    assert found.sides[0].per_thousand == Decimal(1)


def test_scorers_that_were_set_up_otherwise_are_not_shared(stage):
    strict = {**EXACT, "ignore_case": False}
    one, two = finished(stage, True, scorers=[EXACT, LENGTH]), finished(stage, True, scorers=[strict])
    assert side_by_side(one, two).scorer is None
    three = finished(stage, {"exact": True, "length": 0.5}, scorers=[LENGTH, EXACT])
    found = side_by_side(one, three)
    assert (found.scorers, found.scorer) == (["exact", "length"], "exact")


def test_a_scorer_may_be_chosen_and_judges_are_marked(stage):
    said = {"exact": True, "tone": False, "length": 0.5}
    found = side_by_side(
        finished(stage, said, scorers=[EXACT, TONE, LENGTH]),
        finished(stage, said, scorers=[EXACT, TONE, LENGTH]),
        scorer="tone",
    )
    assert (found.scorer, found.sides[0].total.figure.share.mid) == ("tone", 0.0)
    assert [(row.name, row.is_judge) for row in found.by_scorer] == [
        ("exact", False),
        ("tone", True),
        ("length", False),
    ]


def test_the_policy_decides_by_its_scorer(stage):
    actions.set_policy(by=BY, feature=stage.feature, deciding_scorer="tone", margin=0.1)
    said = {"exact": True, "tone": True}
    found = side_by_side(*(finished(stage, said, scorers=[EXACT, TONE]) for _ in range(2)))
    assert (found.scorer, found.policy.margin) == ("tone", 0.1)


def test_required_scorers_must_judge(stage):
    actions.set_policy(by=BY, feature=stage.feature, required_scorers=["tone"])
    silent = finished(stage, {"exact": True}, scorers=[EXACT, TONE])
    found = side_by_side(silent)
    assert found.sides[0].total.figure.missing == 120


def test_scores_are_compared_by_their_means_and_decided_by_a_worker(stage):
    low, high = (finished(stage, {"length": value}, scorers=[LENGTH]) for value in (0.25, 0.75))
    found = side_by_side(high, low, scorer="length")
    assert found.sides[1].standing == Standing.OPEN
    assert found.sides[1].total.rise == -0.5
    assert found.sides[1].total.bounds == "0.25–0.25"
    assert found.by_locale[0].cells[1].state == ""


def test_a_verdict_of_a_worker_is_taken_over():
    stage = staged([{"metadata": {"cluster": f"doc-{at % 15}"}} for at in range(45)])
    actions.set_policy(by=BY, feature=stage.feature, deciding_scorer="length")
    said = ({"length": value, "other": 0.5} for value in (0.9, 0.1))
    scorers = [LENGTH, {"name": "other", "type": "length"}]
    base, worse = (finished(stage, one, scorers=scorers) for one in said)
    assert standing(side_by_side(base, worse)) == [Standing.BEST, Standing.OPEN]
    actions.compare_runs(by=BY, candidate=worse, baseline=base)
    assert standing(side_by_side(base, worse)) == [Standing.BEST, Standing.BLOCK]
    assert standing(side_by_side(base, worse, scorer="other")) == [Standing.BEST, Standing.OPEN]


def test_clusters_are_decided_at_once():
    stage = staged([{"metadata": {"cluster": f"doc-{at % 15}"}} for at in range(60)])
    base, worse, same = finished(stage, True), finished(stage, False), finished(stage, True)
    assert standing(side_by_side(base, worse, same))[1:] == [Standing.BLOCK, Standing.UNSURE]


def test_outcomes_are_those_that_the_gate_pairs():
    stage = staged([{}] * 40)
    said: list[Outcome] = [True, False, None, "error", "absent"]
    base, run = finished(stage, *reversed(said), repeats=2), finished(stage, *said, repeats=2)
    table, _ = compare.table_of(summaries.measured([base, run]), base, None)
    policy = compare.policy_for(base)
    _, cases = verdicts.paired_cases(run, base, policy, "binary")
    from aiops.evaluations.gate.cases import Demands, pair_up  # noqa: PLC0415 - slow to import

    expected = {pair.case.key: (pair.base, pair.cand) for pair in pair_up(cases, Demands())}
    mine = [pairing.outcomes(table.of(one), table, errors_fail=one is run) for one in (base, run)]
    found = {case.key: (a, b) for case, a, b in zip(cases, *mine, strict=True) if a == a and b == b}  # noqa: PLR0124 - NaN
    assert found == expected


def test_must_pass_of_a_score_is_a_majority_from_a_half_on():
    stage = staged([{"must_pass": True}, {"must_pass": True}, {}])
    run = finished(stage, {"length": 0.5}, {"length": 0.4}, scorers=[LENGTH])
    table, _ = compare.table_of(summaries.measured([run]), run, "length")
    against = pairing.standings(table, run)[run.pk]
    assert against.pairs.broken == (str(table.columns[0].ids[1]),)


def test_contenders_are_finished_runs_against_the_best(stage):
    cheap = finished(stage, *[False] * 2, True, cost=Decimal(0), latency=None)
    best = finished(stage, True, cost=Decimal("0.0014"))
    running = finished(stage, True, state=Run.State.CANCELLED)
    found = side_by_side(cheap, best, running)
    assert [(one.standing, one.cost, one.p50) for one in found.contenders] == [
        (Standing.PASS, Decimal(0), None),
        (Standing.BEST, Decimal("1.4"), 100.0),
    ]
    assert found.contenders[0].fall == pytest.approx(2 / 120)


def test_a_run_of_errors_alone_is_no_contender(stage):
    found = side_by_side(finished(stage, "error"))
    assert (found.contenders, found.sides[0].per_thousand) == ([], None)
    assert (found.sides[0].p50.ms, found.sides[0].p50.n) == (None, 0)


def test_a_percentile_needs_its_measurements():
    stage = staged([{}] * 20)
    side = side_by_side(finished(stage, True)).sides[0]
    assert (side.p50.ms, side.p95.ms, side.p95.n, side.p95.least) == (100.0, None, 20, 100)


def test_names_are_as_short_as_tells_runs_apart(stage):
    other = make_price(model=make_model(provider=stage.model.provider))
    next_version = make_version(prompt=stage.version.prompt)
    run, on_other = finished(stage, True), finished(stage, True, price=other)
    later = finished(stage, True, version=next_version)
    elsewhere = finished(stage, True, version=make_version())
    classifier = finished(stage, True, classifier_version=classifier_version(stage))
    rules = finished(stage, True, rule_set_version=make_rules())
    more_rules = finished(stage, True, rule_set_version=make_rules())

    def names(*runs):
        return list(naming.short_names(runs).values())

    first, second = f"v{stage.version.number}", f"v{next_version.number}"
    assert names(run, on_other, classifier, rules) == [
        str(stage.model),
        str(other.model),
        "the classifier",
        "the rule set",
    ]
    assert names(run, later) == [first, second]
    assert names(run, on_other, later) == [
        f"{first} on {stage.model}",
        f"{first} on {other.model}",
        f"{second} on {stage.model}",
    ]
    assert names(rules, more_rules) == [str(rules.approach), str(more_rules.approach)]
    assert names(run, on_other, elsewhere) == [str(one.approach) for one in (run, on_other, elsewhere)]
    again = finished(stage, True)
    assert names(run, again) == [f"{stage.model} (run {one.pk})" for one in (run, again)]
