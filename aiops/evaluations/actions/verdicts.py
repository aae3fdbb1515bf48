"""The gate: what it asks, what it says, and who takes a change on themselves."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.core.tasks import enqueue
from aiops.evaluations import comparable
from aiops.evaluations.models import Acceptance, GatePolicy, Run, Verdict
from aiops.features.models import Feature


@transaction.atomic
def set_policy(*, by: Actor, feature: Feature, **demands: Any) -> GatePolicy:
    """The next policy of `feature`; what is not given stays as it was. The same demands change nothing."""
    Feature.objects.select_for_update().get(pk=feature.pk)
    last = comparable.policy_of(feature)
    before = facts(last or comparable.default_policy(feature))
    after = before | demands
    _check_demands(after)
    if last is not None and after == before:
        return last
    policy = GatePolicy.objects.create(
        feature=feature,
        number=last.number + 1 if last else 1,
        created_by=by if isinstance(by, User) else None,
        **after,
    )
    audit.record(
        by=by,
        action="evaluations.policy_set",
        on=policy,
        feature=feature.slug,
        before=before,
        after=after,
    )
    return policy


def judge_run(*, by: Actor, run: Run) -> Verdict | None:
    """The verdict on a finished run against the version in production; None where there is no baseline."""
    baseline = comparable.baseline_of(run) if run.state == Run.State.FINISHED else None
    return None if baseline is None else compare_runs(by=by, candidate=run, baseline=baseline)


def compare_runs(*, by: Actor, candidate: Run, baseline: Run) -> Verdict:
    """What the policy in force says of the two; said once, it stands. InvalidInput: not comparable."""
    check_comparable(candidate, baseline)
    known = comparable.verdict_between(candidate, baseline)
    if known is not None:
        return known
    from aiops.evaluations import verdicts  # noqa: PLC0415 - a second and memory, for workers and commands only

    policy = comparable.policy_of(candidate.feature)
    finding = verdicts.find(candidate, baseline, policy or comparable.default_policy(candidate.feature))
    verdict = Verdict(
        candidate=candidate,
        baseline=baseline,
        policy=policy,
        outcome=finding.outcome,
        reason=finding.reason,
        sentence=finding.sentence,
        why=finding.why,
        decision=finding.decision,
        created_by=by if isinstance(by, User) else None,
    )
    try:
        return _store(by=by, verdict=verdict)
    except IntegrityError:  # somebody else asked at the same time
        known = comparable.verdict_between(candidate, baseline)
        if known is None:
            raise
        return known


@transaction.atomic
def ask_verdict(*, by: User, candidate: Run, baseline: Run) -> None:
    """Have a worker compare the two. InvalidInput where they can't be compared."""
    check_comparable(candidate, baseline)
    audit.record(
        by=by,
        action="evaluations.verdict_asked",
        on=candidate,
        feature=candidate.feature.slug,
        after={"baseline": baseline.pk},
    )
    enqueue("evaluations.compare", candidate.pk, baseline.pk, by.pk)


@transaction.atomic
def accept_verdict(*, by: User, verdict: Verdict, reason: str) -> Acceptance:
    """Let a BLOCK or INCONCLUSIVE ship all the same: by name, with a reason, never one's own run."""
    check(by, Permission.VERDICTS_ACCEPT)
    locked = (
        Verdict.objects.select_for_update(of=("self",))
        .select_related("candidate__feature")
        .get(pk=verdict.pk)
    )
    if locked.candidate.created_by_id == by.pk:
        raise NotAllowed("You started this run: somebody else has to accept what it showed.")
    if locked.outcome == Verdict.Outcome.PASS:
        raise Conflict("A PASS needs nobody's acceptance.")
    if not reason.strip():
        raise InvalidInput("Say why: the reason stands beside the verdict and in the audit.")
    known = Acceptance.objects.select_related("by").filter(verdict=locked).first()
    if known is not None:
        raise Conflict(f"{known.by.email} has accepted it already.")
    acceptance = Acceptance.objects.create(verdict=locked, by=by, reason=reason.strip())
    audit.record(
        by=by,
        action="evaluations.verdict_accepted",
        on=locked,
        label=str(locked),
        feature=locked.candidate.feature.slug,
        after={"outcome": locked.outcome, "candidate": locked.candidate_id, "baseline": locked.baseline_id},
        reason=acceptance.reason,
    )
    return acceptance


def check_comparable(candidate: Run, baseline: Run) -> None:
    """InvalidInput says why not."""
    problem = comparable.problem(candidate, baseline)
    if problem:
        raise InvalidInput(problem)


def facts(policy: GatePolicy) -> dict[str, Any]:
    """A policy's demands, as the audit keeps them."""
    return {name: getattr(policy, name) for name in GatePolicy.DEMANDS}


@transaction.atomic
def _store(*, by: Actor, verdict: Verdict) -> Verdict:
    verdict.save()
    audit.record(
        by=by,
        action="evaluations.verdict_given",
        on=verdict,
        label=str(verdict),
        feature=verdict.candidate.feature.slug,
        after={
            "outcome": verdict.outcome,
            "reason": verdict.reason,
            "candidate": verdict.candidate_id,
            "baseline": verdict.baseline_id,
            "policy": verdict.policy.number if verdict.policy else None,
        },
    )
    return verdict


def _check_demands(demands: Mapping[str, Any]) -> None:
    if not 0 < demands["margin"] < 1 or not 0 < demands["alpha"] < 1:
        raise InvalidInput("The margin and alpha are shares between 0 and 1.")
    if not 0 <= demands["max_missing"] <= 1:
        raise InvalidInput("The share that may be missing is from 0 to 1.")
    if len(demands["sizes"]) != 3 or sorted(demands["sizes"]) != list(demands["sizes"]):
        raise InvalidInput("The usual sizes are three numbers of cases, the smallest first.")
