"""Runs: starting, cancelling, continuing them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import Q

from aiops.accounts.models import User
from aiops.approaches.models import ClassifierVersion, RuleSetVersion
from aiops.audit import actions as audit
from aiops.catalog import queries as catalog
from aiops.catalog.models import Model, Price
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput
from aiops.core.money import ZERO, usd
from aiops.datasets.models import DatasetVersion
from aiops.evaluations import dispatch, judging
from aiops.evaluations import scorers as registry
from aiops.evaluations.actions.grades import weigh_after
from aiops.evaluations.models import MAX_REPEATS, AnyApproach, OnModel, Result, Run, Shard, Verdict
from aiops.evaluations.timing import timing
from aiops.evaluations.work import parameters_of
from aiops.features.models import Feature


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a run is started.

    What answers the same each time is asked once, whatever `repeats` says. `ceiling` in USD, None for none.
    With `reuse` outputs of unchanged cases that the same request brought before are taken over and scored
    anew.
    """

    repeats: int = 1
    ceiling: Decimal | None = None
    reuse: bool = False


ONCE = Terms()


@transaction.atomic
def start_run(
    *,
    by: Actor,
    feature: Feature,
    dataset_version: DatasetVersion,
    approach: AnyApproach,
    scorers: Sequence[Mapping[str, Any]],
    terms: Terms = ONCE,
    note: str = "",
) -> Run:
    """Queue an evaluation and send it to the workers. `scorers` as in `scorers/__init__.py`.

    Raises InvalidInput where it could not run: no price, no cases, a wrong scorer.
    """
    times = _checked_repeats(terms.repeats) if isinstance(approach, OnModel) else 1
    run = Run(
        feature=feature,
        dataset_version=dataset_version,
        scorers=resolve_scorers(scorers),
        repeats=times,
        ceiling=_checked_ceiling(terms.ceiling),
        note=note,
        reuse=terms.reuse and isinstance(approach, OnModel),
        total=_checked_count(dataset_version) * times,
        **_columns(approach),
        created_by=by if isinstance(by, User) else None,
        created_at=clock.now(),
    )
    run.save()
    Shard.objects.bulk_create(_shards(run))
    audit.record(
        by=by, action="evaluations.run_started", on=run, feature=feature.slug, after=_facts(run), reason=note
    )
    dispatch.dispatch(run.pk)
    weigh_after(run)  # another rubric or model begins anew
    return run


@transaction.atomic
def cancel_run(*, by: Actor, run: Run) -> Run:
    """Stop a run that is not over. Calls under way are still stored, since they were paid for."""
    cancelled = Run.objects.filter(id=run.pk, state__in=Run.ACTIVE).update(
        state=Run.State.CANCELLED, reason=f"Cancelled by {by.actor_label}.", finished_at=clock.now()
    )
    run.refresh_from_db()
    if not cancelled:
        raise Conflict(f"{run} is {run.get_state_display().lower()} already.")
    audit.record(by=by, action="evaluations.run_cancelled", on=run, feature=run.feature.slug)
    return run


@transaction.atomic
def continue_run(*, by: Actor, run: Run, ceiling: Decimal | None = None, retry_failed: bool = False) -> Run:
    """Go on with the cases that have no result yet; with `retry_failed` those that got an error too.

    `ceiling` in USD replaces the run's own. Raises Conflict while the run is active or where nothing is left,
    InvalidInput where the ceiling leaves no room.
    """
    list(Shard.objects.select_for_update().filter(run=run).order_by("id").values_list("id"))
    run = Run.objects.select_for_update(of=("self",)).select_related("feature").get(id=run.pk)
    _check_may_continue(run, retry_failed=retry_failed)
    limit = _checked_ceiling(ceiling) if ceiling is not None else run.ceiling
    if limit is not None and limit <= run.cost + run.unaccounted:
        spent = usd(run.cost + run.unaccounted)
        raise InvalidInput(f"{spent} are spent already: give a ceiling above that, not {usd(limit)}.")
    before = {"state": run.state, "ceiling": str(run.ceiling), "done": run.done, "failed": run.failed}
    if retry_failed:
        _forget_failures(run)
    Verdict.objects.filter(Q(candidate=run) | Q(baseline=run)).delete()  # they rest on what changes now
    run.ceiling = limit
    run.state, run.reason, run.finished_at = Run.State.QUEUED, "", None
    run.save(update_fields=["ceiling", "state", "reason", "finished_at", "failed"])
    run.shards.exclude(state=Shard.State.RUNNING).update(
        state=Shard.State.QUEUED, slots=0, held=ZERO, dispatched_at=None
    )
    after = {"ceiling": str(limit), "retry_failed": retry_failed}
    audit.record(
        by=by,
        action="evaluations.run_continued",
        on=run,
        feature=run.feature.slug,
        before=before,
        after=after,
    )
    dispatch.dispatch(run.pk)
    return run


def resolve_scorers(configured: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The scorers completed and named, judges as rows; InvalidInput says which is wrong."""
    return judging.pinned(registry.resolve(judging.configured(configured)))


def _check_may_continue(run: Run, *, retry_failed: bool) -> None:
    if run.is_active:
        raise Conflict(f"{run} is still under way.")
    if run.accounted >= run.total and not (retry_failed and run.failed):
        raise Conflict(f"{run} has a result for each of its {run.total} cases.")


def _forget_failures(run: Run) -> None:
    """What a failed call may have cost stays in the run's `unaccounted`."""
    Result.objects.filter(run=run).exclude(error_kind="").delete()
    run.failed = 0


def _columns(approach: AnyApproach) -> dict[str, Any]:
    """What of a run's row names the approach."""
    if isinstance(approach, RuleSetVersion):
        return {"rule_set_version": approach}
    if isinstance(approach, ClassifierVersion):
        return {"classifier_version": approach}
    return {
        "version": approach.version,
        "model": approach.model,
        "price": _price(approach.model),
        "vendor_name": approach.model.vendor_name,
        "parameters": parameters_of(approach.version, approach.model.max_output_tokens),
    }


def _price(model: Model) -> Price:
    price = catalog.price_at(model, clock.now())
    if price is None:
        raise InvalidInput(
            f"The model {model.name} has no price, so nobody could say what this costs. Set one first."
        )
    return price


def _checked_repeats(repeats: int) -> int:
    if not 1 <= repeats <= MAX_REPEATS:
        raise InvalidInput(f"Repeats are 1 to {MAX_REPEATS}, not {repeats}.")
    return repeats


def _checked_ceiling(ceiling: Decimal | None) -> Decimal | None:
    if ceiling is not None and ceiling <= 0:
        raise InvalidInput("A ceiling is more than zero; leave it empty for none.")
    return ceiling


def _checked_count(dataset_version: DatasetVersion) -> int:
    if not dataset_version.case_count:
        raise InvalidInput(f"{dataset_version} has no cases.")
    if problem := judging.in_checks(dataset_version):
        raise InvalidInput(problem)
    return dataset_version.case_count


def _shards(run: Run) -> list[Shard]:
    """As many slices as share the provider well, none larger than a worker should hold on to."""
    now = timing()
    count = max(min(now.parallel, run.total // now.shard_least), math.ceil(run.total / now.shard_work), 1)
    bounds = [index * run.total // count for index in range(count + 1)]
    return [
        Shard(run=run, ordinal=index, first=first, stop=stop)
        for index, (first, stop) in enumerate(pairwise(bounds))
    ]


def _facts(run: Run) -> dict[str, Any]:
    return {
        "dataset": str(run.dataset_version),
        **_named(run),
        "scorers": [scorer["name"] for scorer in run.scorers],
        "repeats": run.repeats,
        "calls": run.total,
        "ceiling": str(run.ceiling) if run.ceiling is not None else None,
        "reuse": run.reuse,
    }


def _named(run: Run) -> dict[str, str]:
    approach = run.approach
    if isinstance(approach.of, OnModel):
        return {"version": approach.name, "model": approach.by}
    return {approach.kind.value: approach.name}
