"""A feature's router and category classifier: training begun and cancelled, a version turned on, and off."""

from typing import Any

from django.db import IntegrityError, transaction

from aiops.accounts import queries as accounts
from aiops.accounts.models import User
from aiops.approaches import crossing, jobs
from aiops.approaches.models import CategoryVersion, FeatureTraining, RouterVersion
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.datasets.models import DatasetVersion
from aiops.features import actions as features
from aiops.features import queries
from aiops.features.models import Feature, PolicyVersion
from aiops.features.policy import Policy

ALL = 100


@transaction.atomic
def start_learning(
    *,
    by: Actor,
    feature: Feature,
    kind: FeatureTraining.Kind,
    dataset_version: DatasetVersion,
    wanted: dict[str, Any] | None = None,
    note: str = "",
) -> FeatureTraining:
    """Let a worker learn the next version. Conflict where one is being learnt.

    A router is asked for by `evaluations.actions.train_router`, which knows the runs.
    """
    try:
        with transaction.atomic():
            training = FeatureTraining.objects.create(
                feature=feature,
                kind=kind,
                dataset_version=dataset_version,
                wanted=wanted or {},
                note=note.strip(),
                total=crossing.STEPS,
                created_by=by if isinstance(by, User) else None,
            )
    except IntegrityError:
        raise Conflict("One is being trained already; wait for it, or cancel it.") from None
    after = {"kind": kind.value, "cases": str(dataset_version), **(wanted or {})}
    audit.record(by=by, action="approaches.learning_started", on=training, feature=feature.slug, after=after)
    jobs.send(training)
    return training


@transaction.atomic
def cancel_learning(*, by: Actor, training: FeatureTraining) -> FeatureTraining:
    """End it without a version. Conflict where it is over."""
    locked = FeatureTraining.objects.select_for_update(of=("self",)).select_related("feature")
    current = locked.get(pk=training.pk)
    if not current.is_active:
        raise Conflict(f"The training is over: {current.get_state_display().lower()}.")
    before, current.state, current.finished_at = current.state, FeatureTraining.State.CANCELLED, clock.now()
    current.save(update_fields=["state", "finished_at"])
    audit.record(
        by=by,
        action="approaches.learning_cancelled",
        on=current,
        feature=current.feature.slug,
        before={"state": before},
    )
    return current


@transaction.atomic
def turn_router_on(*, by: Actor, version: RouterVersion, shadow_share: float = 1.0) -> PolicyVersion | None:
    """Let the version choose the model; of what it decides, `shadow_share` percent is asked of both.

    InvalidInput where no category passes, NotAllowed for whoever trained it where the workspace asks for two.
    """
    if not version.passing:
        raise InvalidInput(f"{version} sends nothing to the small model: no category passes.")
    _second(by, version)
    chosen = {"kind": "trained", "version": version.number, "shadow_share": shadow_share}
    return _put(by, version.feature, f"{version} is on", router=chosen)


@transaction.atomic
def turn_router_off(*, by: Actor, feature: Feature) -> PolicyVersion | None:
    """The deployment's model answers all calls again. At once, by one person."""
    return _put(by, feature, "The router is off", router={"kind": "fixed", "version": None})


@transaction.atomic
def turn_categories_on(*, by: Actor, version: CategoryVersion) -> PolicyVersion | None:
    """Let the version say the category of calls that give none.

    InvalidInput where it is never sure enough, NotAllowed as for a router.
    """
    if version.threshold is None:
        raise InvalidInput(f"{version} is never sure enough to be asked.")
    _second(by, version)
    return _put(by, version.feature, f"{version} is on", categories={"version": version.number})


@transaction.atomic
def turn_categories_off(*, by: Actor, feature: Feature) -> PolicyVersion | None:
    """Calls without a category are "unknown" again."""
    return _put(by, feature, "The category classifier is off", categories={"version": None})


def _second(by: Actor, version: RouterVersion | CategoryVersion) -> None:
    """It decides about all the traffic, so that it takes two people: who trained it and who turns it on."""
    own = isinstance(by, User) and version.author_id == by.pk
    if own and accounts.workspace().asks_for_two(share=ALL):
        raise NotAllowed("You trained this version: somebody else has to turn it on.")


def _put(by: Actor, feature: Feature, note: str, **parts: dict[str, Any]) -> PolicyVersion | None:
    policy = queries.policy_in_force(feature).model_dump()
    changed = Policy.model_validate(policy | {name: policy[name] | part for name, part in parts.items()})
    return features.set_policy(by=by, feature=feature, policy=changed, note=note, learnt=True)
