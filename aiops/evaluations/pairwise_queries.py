"""Questions about comparisons of two runs. Nothing here writes."""

from django.db.models import QuerySet

from aiops.evaluations import queries
from aiops.evaluations.models import Pairwise, PairwiseResult, Run, with_approaches


def all_of_them() -> QuerySet[Pairwise]:
    """Comparisons with all that their page names, the newest first."""
    rows = Pairwise.objects.select_related("provider", "created_by", "candidate__feature")
    return with_approaches(rows, "candidate", "baseline")


def of(run: Run) -> QuerySet[Pairwise]:
    """Those in which `run` is the candidate."""
    return all_of_them().filter(candidate=run)


def others(run: Run) -> QuerySet[Run]:
    """The finished runs over the cases of `run`, whatever their scorers, the newest first."""
    same = queries.runs().filter(dataset_version=run.dataset_version_id, state=Run.State.FINISHED)
    return same.exclude(pk=run.pk)


def results(pairwise: Pairwise, show: str) -> QuerySet[PairwiseResult]:
    """The verdicts that `show` leaves, in the order of the dataset."""
    rows = pairwise.results.select_related("case", "candidate_result", "baseline_result")
    if show == "changed":
        rows = rows.filter(changed=True)
    elif show:
        rows = rows.filter(verdict="" if show == "failed" else show)
    return rows.order_by("case__position", "case_id")
