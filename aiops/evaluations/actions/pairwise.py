"""Asking a judge which of two runs is better."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput
from aiops.core.money import usd
from aiops.evaluations import judging, pairwise_claims, pairwise_work
from aiops.evaluations import scorers as registry
from aiops.evaluations.models import Pairwise, Run


@transaction.atomic
def start_pairwise(
    *, by: Actor, candidate: Run, baseline: Run, judge: Mapping[str, Any], ceiling: Decimal | None = None
) -> Pairwise:
    """Queue a comparison; `judge` as among scorers, its rubric for pairs. `ceiling` in USD.

    Raises InvalidInput where the runs can't be compared, or the judge can't be asked.
    """
    if problem := _problem(candidate, baseline):
        raise InvalidInput(problem)
    if ceiling is not None and ceiling <= 0:
        raise InvalidInput("A ceiling is more than zero; leave it empty for none.")
    asked = {**judge, "type": "judge", "repeats": 1}
    (entry,) = judging.pinned(registry.resolve(judging.configured([asked])), pair=True)
    total = len(pairwise_work.comparable_cases(candidate.pk, baseline.pk))
    if not total:
        raise InvalidInput("No case has an answer in both runs.")
    row = Pairwise.objects.create(
        candidate=candidate,
        baseline=baseline,
        judge=entry,
        provider_id=entry["provider"],
        ceiling=ceiling,
        total=total,
        created_by=by if isinstance(by, User) else None,
    )
    facts = {
        "judge": f"{entry['prompt']} v{entry['version_number']} on {entry['model_name']}",
        "cases": total,
    }
    audit.record(
        by=by, action="evaluations.pairwise_started", on=row, feature=candidate.feature.slug, after=facts
    )
    pairwise_claims.send(row.pk)
    return row


@transaction.atomic
def cancel_pairwise(*, by: Actor, pairwise: Pairwise) -> Pairwise:
    """Stop a comparison that is not over. Calls under way are still stored, since they were paid for."""
    cancelled = Pairwise.objects.filter(id=pairwise.pk, state__in=Pairwise.ACTIVE).update(
        state=Pairwise.State.CANCELLED, reason=f"Cancelled by {by.actor_label}.", finished_at=clock.now()
    )
    pairwise.refresh_from_db()
    if not cancelled:
        raise Conflict(f"The comparison is {pairwise.get_state_display().lower()} already.")
    slug = pairwise.candidate.feature.slug
    audit.record(by=by, action="evaluations.pairwise_cancelled", on=pairwise, feature=slug)
    return pairwise


@transaction.atomic
def continue_pairwise(*, by: Actor, pairwise: Pairwise, ceiling: Decimal | None = None) -> Pairwise:
    """Go on with the cases that have no verdict, those on which the judge failed too. `ceiling` in USD
    replaces its own.
    """
    row = Pairwise.objects.select_for_update(of=("self",)).get(id=pairwise.pk)
    if row.is_active or row.slots:
        raise Conflict("The comparison is still under way.")
    if row.done >= row.total:
        raise Conflict(f"Each of the {row.total} cases has a verdict.")
    limit = row.ceiling if ceiling is None else ceiling
    if limit is not None and limit <= row.cost + row.unaccounted:
        spent = usd(row.cost + row.unaccounted)
        raise InvalidInput(f"{spent} are spent already: give a ceiling above that, not {usd(limit)}.")
    row.results.filter(verdict="").delete()
    row.ceiling, row.failed = limit, 0
    row.state, row.reason, row.finished_at = Pairwise.State.QUEUED, "", None
    row.save(update_fields=["ceiling", "failed", "state", "reason", "finished_at"])
    slug = row.candidate.feature.slug
    audit.record(
        by=by, action="evaluations.pairwise_continued", on=row, feature=slug, after={"ceiling": str(limit)}
    )
    pairwise_claims.send(row.pk)
    return row


def _problem(candidate: Run, baseline: Run) -> str:
    """Why the two can't be held against each other, in words; their scorers don't matter here."""
    if candidate.pk == baseline.pk:
        return f"{candidate} can't be compared with itself."
    for run in (candidate, baseline):
        if run.state != Run.State.FINISHED:
            return f"{run} is {run.get_state_display().lower()}: only finished runs are compared."
    if candidate.dataset_version_id != baseline.dataset_version_id:
        return "Only runs over the same frozen cases are compared."
    return ""
