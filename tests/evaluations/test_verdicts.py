"""From two runs to a verdict: what is paired, what is refused, who may accept it."""

import pytest

from aiops.audit.models import AuditEvent
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.evaluations import actions, comparable, runner, tasks
from aiops.evaluations.models import GatePolicy, Run, Score, Verdict
from aiops.providers.errors import Timeout
from tests.evaluations.stage import BY, make_stage
from tests.factories import make_label, make_run, make_user, make_version

pytestmark = pytest.mark.django_db


def golden(locale, number, **more):
    return {
        "key": f"{locale}-{number}",
        "inputs": {"ticket": f"{locale} ticket {number}"},
        "expected": "good",
        "locale": locale,
        "category": "refund" if number % 2 else "delivery",
        **more,
    }


CASES = [golden(locale, number) for locale in ("en", "ja") for number in range(40)]


class Two:
    """A baseline in production, and a candidate, whose answers are functions of the ticket."""

    def __init__(self, provider, cases, **run):
        self.provider = provider
        self.stage = make_stage(cases)
        self.run = run
        self.next = make_version(prompt=self.stage.version.prompt, parameters={"max_tokens": 100})
        make_label(prompt=self.stage.version.prompt, version=self.stage.version, name="production")

    def baseline(self, answer):
        return self._run(answer, self.stage.version)

    def candidate(self, answer, **values):
        return self._run(answer, self.next, **values)

    def _run(self, answer, version, **values):
        self.provider.answer = lambda request: answer(request.messages[-1].content)
        return runner.run_inline(self.stage.start(version=version, **self.run | values).pk)


@pytest.fixture
def two(provider):
    return Two(provider, CASES)


def good(_ticket):
    return "good"


def only_english(ticket):
    return "good" if "en ticket" in ticket else "broken"


def test_a_locale_that_breaks_blocks_and_is_named(two):
    baseline = two.baseline(lambda ticket: "good" if "ja" in ticket or not ticket.endswith("0") else "weak")
    run = two.candidate(lambda ticket: "good" if "en" in ticket or ticket.endswith("1") else "broken")
    verdict = actions.judge_run(by=BY, run=run)
    assert (verdict.outcome, verdict.baseline, verdict.policy) == ("BLOCK", baseline, None)
    assert verdict.decision["locale"][0]["name"] == "ja"
    assert verdict.decision["locale"][0]["state"] == "block"
    assert len(verdict.decision["flipped"]["down"]) == 36
    assert len(verdict.decision["flipped"]["up"]) == 4
    assert AuditEvent.objects.filter(action="evaluations.verdict_given", object_id=verdict.pk).exists()


def test_the_sentence_names_the_broken_locale_although_the_average_rose(two):
    two.baseline(lambda ticket: "good" if "ja" in ticket or int(ticket.split()[-1]) < 10 else "weak")
    run = two.candidate(lambda ticket: "good" if "en" in ticket or int(ticket.split()[-1]) < 28 else "broken")
    verdict = actions.judge_run(by=BY, run=run)
    assert str(verdict).startswith("BLOCK: Japanese fell 30 points (")
    assert verdict.sentence.endswith("although the average rose 22")
    assert verdict.why.startswith("Of 40 Japanese cases, 12 got worse and 0 better.")


def test_the_same_answers_pass_once_there_are_enough(two):
    two.baseline(good)
    verdict = actions.judge_run(by=BY, run=two.candidate(good))
    assert verdict.outcome == "PASS"
    assert verdict.lets_ship


def test_few_cases_are_inconclusive(provider):
    two = Two(provider, CASES[:10])
    two.baseline(good)
    verdict = actions.judge_run(by=BY, run=two.candidate(good))
    assert (verdict.outcome, verdict.reason) == ("INCONCLUSIVE", "too_few_cases")
    assert "10 cases say too little: the policy asks for 30" in verdict.sentence
    assert not verdict.lets_ship


def test_a_must_pass_case_blocks_alone(provider):
    two = Two(provider, [*CASES, golden("en", 99, must_pass=True)])
    two.baseline(good)
    verdict = actions.judge_run(by=BY, run=two.candidate(lambda t: "broken" if t.endswith("99") else "good"))
    assert str(verdict) == "BLOCK: A must-pass case fails: en-99"


def test_an_error_of_the_candidate_is_a_fail_and_one_of_the_base_is_missing(two):
    def failing(ticket):
        if int(ticket.split()[-1]) < 4:
            raise Timeout("No answer.")
        return "good"

    base, candidate = two.baseline(failing), two.candidate(good)
    assert actions.compare_runs(by=BY, candidate=candidate, baseline=base).reason == "missing_results"
    other = actions.compare_runs(by=BY, candidate=base, baseline=candidate)
    assert (other.reason, other.decision["missing"]) == ("overall_fall", 0)


def test_clusters_come_from_the_cases_metadata(provider):
    cases = [golden("en", n, metadata={"cluster": f"ticket-{n % 4}"}) for n in range(60)]
    two = Two(provider, cases)
    two.baseline(good)
    verdict = actions.judge_run(by=BY, run=two.candidate(good))
    assert verdict.decision["clusters"] == 4
    assert verdict.sentence.startswith("4 independent groups of cases say too little")


def test_repeats_are_one_case_by_majority(provider):
    two = Two(provider, CASES, repeats=3)
    two.baseline(good)
    asked = []

    def once_wrong(ticket):
        asked.append(ticket)
        return "wrong" if asked.count(ticket) == 1 else "good"

    verdict = actions.judge_run(by=BY, run=two.candidate(once_wrong))
    assert verdict.outcome == "PASS"
    assert verdict.decision["total"]["n"] == 80


def test_a_scorer_that_only_measures_decides_by_its_values(two):
    actions.set_policy(by=BY, feature=two.stage.feature, deciding_scorer="token_f1")
    two.run = {"scorers": [{"type": "token_f1"}]}
    two.baseline(lambda _t: "good")
    verdict = actions.judge_run(by=BY, run=two.candidate(lambda _t: "good and more words"))
    assert verdict.outcome == "BLOCK"
    assert verdict.decision["demands"]["metric"] == "score"
    assert verdict.policy.number == 1


def test_what_a_required_scorer_could_not_judge_is_missing(two):
    two.run = {"scorers": [{"type": "contains"}, {"type": "token_f1"}]}
    base, candidate = two.baseline(good), two.candidate(good)
    actions.set_policy(by=BY, feature=two.stage.feature, required_scorers=["exact"])
    with pytest.raises(InvalidInput, match="was not judged by exact, which policy 1 of"):
        actions.compare_runs(by=BY, candidate=candidate, baseline=base)
    actions.set_policy(by=BY, feature=two.stage.feature, required_scorers=["contains"])
    unjudged = Score.objects.filter(result__run=candidate, scorer="contains")[:5].values_list("pk", flat=True)
    Score.objects.filter(pk__in=list(unjudged)).delete()
    rows = candidate.results.exclude(scores__scorer="contains")
    Score.objects.bulk_create(Score(result=row, scorer="contains") for row in rows)
    verdict = actions.compare_runs(by=BY, candidate=candidate, baseline=base)
    assert (verdict.reason, verdict.decision["missing"]) == ("missing_results", 5)


def test_runs_that_cannot_be_compared_say_why(two):
    base = two.baseline(good)
    assert "itself" in comparable.problem(base, base)
    other_set = make_run(feature=two.stage.feature, state="finished", scorers=base.scorers)
    assert "only runs over the same frozen cases" in comparable.problem(other_set, base)
    other_scorer = two.candidate(good, scorers=[{"type": "exact"}])
    assert "different scorers (contains, exact)" in comparable.problem(other_scorer, base)
    waiting = two.stage.start(version=two.next)
    with pytest.raises(InvalidInput, match="is queued: only finished runs are compared"):
        actions.compare_runs(by=BY, candidate=waiting, baseline=base)
    assert actions.judge_run(by=BY, run=waiting) is None


def test_the_baseline_is_the_latest_run_of_production_on_the_same_model(two):
    first = two.baseline(good)
    second = two.baseline(good)
    run = two.candidate(good)
    assert comparable.baseline_of(run) == second
    assert comparable.baseline_of(first) is None
    Run.objects.filter(pk=second.pk).update(state="failed")
    assert comparable.baseline_of(run) == first
    assert list(comparable.others(run)) == [first]


def test_a_verdict_is_given_once_and_by_the_policy_in_force(two):
    two.baseline(good)
    run = two.candidate(good)
    tasks.decide(run.pk)
    tasks.decide(run.pk)
    assert Verdict.objects.count() == 1
    actions.set_policy(by=BY, feature=two.stage.feature, margin=0.001)
    person = make_user(roles=["engineer"])
    tasks.compare(run.pk, comparable.baseline_of(run).pk, person.pk)
    newest = Verdict.objects.first()
    assert (newest.outcome, newest.created_by, newest.policy.number) == ("INCONCLUSIVE", person, 1)


def test_a_run_that_goes_on_loses_its_verdicts(two):
    base = two.baseline(good)
    run = two.candidate(lambda t: "good" if "ja" in t else _timeout())
    actions.compare_runs(by=BY, candidate=run, baseline=base)
    actions.continue_run(by=BY, run=run, retry_failed=True)
    assert not Verdict.objects.exists()


def _timeout():
    raise Timeout("No answer.")


def test_a_finished_run_asks_for_its_verdict(two, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        run = two.baseline(good)
    assert ("evaluations.decide", run.pk) in sent


def test_a_policy_is_numbered_and_never_changed(two):
    feature = two.stage.feature
    first = actions.set_policy(by=BY, feature=feature, margin=0.02)
    assert actions.set_policy(by=BY, feature=feature, margin=0.02) == first
    second = actions.set_policy(by=BY, feature=feature, min_cases=100)
    assert (second.number, second.margin, second.min_cases) == (2, 0.02, 100)
    assert [str(p) for p in GatePolicy.objects.all()] == [
        f"policy 2 of {feature}", f"policy 1 of {feature}",
    ]  # fmt: skip  # short names, packed: they would fill the page
    for wrong in ({"margin": 1.5}, {"max_missing": -1}, {"sizes": [3, 2, 1]}):
        with pytest.raises(InvalidInput):
            actions.set_policy(by=BY, feature=feature, **wrong)


@pytest.fixture
def inconclusive(provider):
    two = Two(provider, CASES[:10])
    two.baseline(good)
    two.run = {"by": make_user(roles=["product"])}
    return actions.judge_run(by=BY, run=two.candidate(good))


def test_somebody_else_accepts_with_a_reason(inconclusive):
    product = make_user(roles=["product"])
    actions.accept_verdict(by=product, verdict=inconclusive, reason=" Ten cases are all there are. ")
    verdict = comparable.verdicts().get(pk=inconclusive.pk)
    assert verdict.lets_ship
    assert verdict.acceptance.reason == "Ten cases are all there are."
    assert AuditEvent.objects.get(action="evaluations.verdict_accepted").reason == verdict.acceptance.reason
    with pytest.raises(Conflict, match=f"{product.email} has accepted it already"):
        actions.accept_verdict(by=make_user(roles=["product"]), verdict=inconclusive, reason="Again")


def test_acceptance_is_refused_to_who_may_not(inconclusive, two):
    product = make_user(roles=["product"])
    for by in (make_user(roles=["engineer"]), inconclusive.candidate.created_by):
        with pytest.raises(NotAllowed):
            actions.accept_verdict(by=by, verdict=inconclusive, reason="Ship it")
    with pytest.raises(InvalidInput, match="Say why"):
        actions.accept_verdict(by=product, verdict=inconclusive, reason="  ")
    two.baseline(good)
    passed = actions.judge_run(by=BY, run=two.candidate(good))
    with pytest.raises(Conflict, match="A PASS needs nobody"):
        actions.accept_verdict(by=product, verdict=passed, reason="Ship it")
