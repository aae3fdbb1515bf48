"""Which runs may be compared, and with which one a run is compared unless somebody says otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet

from aiops.catalog.models import Model
from aiops.datasets.models import DatasetVersion
from aiops.evaluations import queries
from aiops.evaluations.models import GatePolicy, Run, Verdict
from aiops.features.models import Feature
from aiops.prompts.models import Label, Version
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

    None where nothing is in production, nothing was run, or the run is of that version itself.
    """
    label = Label.objects.filter(prompt__versions__runs=run, name=PRODUCTION).first()
    if label is None or label.version_id == run.version_id:
        return None
    return _nearest(others(run).filter(version_id=label.version_id), run.model)


def baseline_for(
    version: Version, model: Model, cases: DatasetVersion, scorers: Sequence[Mapping[str, Any]]
) -> Run | None:
    """What `baseline_of` will find for a run of these, before it is started; `scorers` are resolved ones."""
    label = Label.objects.filter(prompt=version.prompt_id, name=PRODUCTION).first()
    if label is None or label.version_id == version.pk:
        return None
    found = queries.runs().filter(dataset_version=cases, scorers=list(scorers), state=Run.State.FINISHED)
    return _nearest(found.filter(version_id=label.version_id), model)


def _nearest(found: QuerySet[Run], model: Model) -> Run | None:
    return found.filter(model=model).first() or found.first()


def verdict_between(candidate: Run, baseline: Run) -> Verdict | None:
    """What the policy in force said of the two."""
    policy = policy_of(candidate.feature)
    return Verdict.objects.filter(candidate=candidate, baseline=baseline, policy=policy).first()


def verdicts() -> QuerySet[Verdict]:
    """Verdicts with all that a page shows, the newest first."""
    sides = [f"{side}__{name}" for side in ("candidate", "baseline") for name in _SIDE]
    return Verdict.objects.select_related("policy", "created_by", "acceptance__by", *sides)


def with_verdicts(rows: QuerySet[Run]) -> QuerySet[Run]:
    """Each with its verdicts, without their evidence: for a list."""
    light = Verdict.objects.select_related("acceptance").defer("decision")
    return rows.prefetch_related(Prefetch("verdicts", light))


_SIDE = ("feature", "dataset_version__dataset", "version__prompt", "model__provider", "created_by")


def name_beside(run: Run, other: Run) -> str:
    """What tells `run` from `other`: "v4", the model's name, or all of the version's name."""
    if run.version_id == other.version_id:
        return str(run.model) if run.model_id != other.model_id else str(run)
    same = run.version and other.version and run.version.prompt_id == other.version.prompt_id
    return f"v{run.version.number}" if same else str(run.version)


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
