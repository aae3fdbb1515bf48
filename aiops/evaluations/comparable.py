"""Which runs may be compared, and with which one a run is compared unless somebody says otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet

from aiops.datasets.models import DatasetVersion
from aiops.evaluations import queries
from aiops.evaluations.models import (
    AnyApproach,
    GatePolicy,
    OnModel,
    Run,
    Verdict,
    with_approaches,
)
from aiops.features.models import Feature
from aiops.prompts.models import Label
from aiops.prompts.queries import PRODUCTION

OFFERED = 50  # runs in the choice "compare with"


def policy_of(feature: Feature) -> GatePolicy | None:
    """The policy in force; None where the defaults hold."""
    return GatePolicy.objects.filter(feature=feature).order_by("-number").first()


def default_policy(feature: Feature) -> GatePolicy:
    """What holds where nobody wrote a policy; never saved."""
    return GatePolicy(feature=feature, number=0)


def problem(candidate: Run, baseline: Run) -> str:
    """Why the two can't be compared, in words; "" where they can."""
    if candidate.pk == baseline.pk:
        return f"{candidate} can't be compared with itself."
    for run in (candidate, baseline):
        if run.state != Run.State.FINISHED:
            return f"{run} is {run.get_state_display().lower()}: only finished runs are compared."
    if candidate.dataset_version_id != baseline.dataset_version_id:
        return (
            f"{candidate} ran over {candidate.dataset_version}, {baseline} over {baseline.dataset_version}: "
            "only runs over the same frozen cases are compared."
        )
    if candidate.scorers != baseline.scorers:
        return (
            f"{candidate} and {baseline} were judged by different scorers "
            f"({_differing(candidate, baseline)}): run one of them again with the other's."
        )
    return ""


def others(run: Run) -> QuerySet[Run]:
    """The finished runs that `run` can be compared with, the newest first."""
    return (
        queries.runs()
        .filter(
            dataset_version_id=run.dataset_version_id,
            scorers=run.scorers,
            state=Run.State.FINISHED,
        )
        .exclude(pk=run.pk)
    )


def baseline_of(run: Run) -> Run | None:
    """The latest comparable run of the version in production, on the run's model if any, else on another.

    A rule set or a classifier is compared with what its feature has in production. None where nothing is, it
    was not run, or the run is of that version itself.
    """
    return _nearest(others(run), run.approach.of, run.feature)


def baseline_for(
    approach: AnyApproach,
    feature: Feature,
    cases: DatasetVersion,
    scorers: Sequence[Mapping[str, Any]],
) -> Run | None:
    """What `baseline_of` will find for a run of these, before it is started; `scorers` are resolved ones."""
    found = queries.runs().filter(dataset_version=cases, scorers=list(scorers), state=Run.State.FINISHED)
    return _nearest(found, approach, feature)


def _nearest(found: QuerySet[Run], approach: AnyApproach, feature: Feature) -> Run | None:
    """Of `found` the newest of what is in production: of the prompt, or of any prompt of the feature where
    the approach is none.
    """
    labels = Label.objects.filter(name=PRODUCTION)
    if not isinstance(approach, OnModel):
        live = labels.filter(prompt__feature=feature).values("version")
        return found.filter(version__in=live).first()
    label = labels.filter(prompt=approach.version.prompt_id).first()
    if label is None or label.version_id == approach.version.pk:
        return None
    found = found.filter(version_id=label.version_id)
    return found.filter(model=approach.model).first() or found.first()


def verdict_between(candidate: Run, baseline: Run) -> Verdict | None:
    """What the policy in force said of the two."""
    policy = policy_of(candidate.feature)
    return Verdict.objects.filter(candidate=candidate, baseline=baseline, policy=policy).first()


def verdicts() -> QuerySet[Verdict]:
    """Verdicts with all that a page shows, the newest first."""
    sides = [f"{side}__{name}" for side in ("candidate", "baseline") for name in _SIDE]
    rows = Verdict.objects.select_related("policy", "created_by", "acceptance__by", *sides)
    return with_approaches(rows, "candidate", "baseline")


def with_verdicts(rows: QuerySet[Run]) -> QuerySet[Run]:
    """Each with its verdicts, without their evidence: for a list."""
    light = Verdict.objects.select_related("acceptance").defer("decision")
    return rows.prefetch_related(Prefetch("verdicts", light))


_SIDE = ("feature", "dataset_version__dataset", "created_by")


def name_beside(run: Run, other: Run) -> str:
    """What tells `run` from `other`: "v4", the model's or the version's whole name, or the run's number."""
    if run.approach_key == other.approach_key:
        return str(run)
    mine, theirs = run.approach, other.approach
    if mine.name == theirs.name:
        return mine.by
    mine_of, _, number = mine.name.rpartition(" ")
    same = mine.kind == theirs.kind and mine_of == theirs.name.rpartition(" ")[0]
    return number if same else mine.name


def discordant_share(feature: Feature) -> float | None:
    """The share of cases that flipped in the feature's last verdicts; None where there are none."""
    latest = Verdict.objects.filter(candidate__feature=feature, decision__total__n__gt=0).order_by("-id")
    totals = list(latest.values_list("decision__total", flat=True)[:5])
    cases = sum(total["n"] for total in totals)
    return sum(total["up"] + total["down"] for total in totals) / cases if cases else None


def _differing(candidate: Run, baseline: Run) -> str:
    names = {
        scorer["name"]
        for mine, theirs in ((candidate, baseline), (baseline, candidate))
        for scorer in mine.scorers
        if scorer not in theirs.scorers
    }
    return ", ".join(sorted(names)) or "their order"
