"""Trainings for one feature: claimed, told of, ended. Both kinds are made alike (`training` says why so).

A worker that was taken for dead and comes back writes nothing; a training that lost its worker begins again.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Max, Q

from aiops.approaches.learnt_models import CategoryVersion, FeatureTraining, RouterVersion
from aiops.core import clock
from aiops.core.errors import AiopsError
from aiops.core.tasks import enqueue
from aiops.features.models import Feature

TASKS = {
    FeatureTraining.Kind.ROUTER: "evaluations.train_router",
    FeatureTraining.Kind.CATEGORIES: "approaches.train_categories",
}
LOST = timedelta(minutes=15)  # without a step: more than the largest set takes for one
ATTEMPTS = 3
LATER = 60.0  # seconds after which an unread message is worth another
State = FeatureTraining.State

logger = logging.getLogger(__name__)


class Lost(Exception):
    """The training is not ours any more: cancelled, or somebody else's."""


def work(training_id: int, make: Callable[[FeatureTraining], None]) -> None:
    """Do the training, if it is to be had."""
    training = _claimed(training_id)
    if training is None:
        return
    try:
        make(training)
    except Lost:
        return
    except AiopsError as error:
        _fail(training, str(error))
    except Exception:
        _fail(training, "It broke; the worker's log says why.")
        logger.exception("training %s broke", training.pk)


def step(training: FeatureTraining, done: int) -> None:
    """So many models are learnt. Raises Lost."""
    if not FeatureTraining.objects.filter(_ours(training)).update(done=done, heartbeat_at=clock.now()):
        raise Lost


@transaction.atomic
def finish(
    training: FeatureTraining,
    versions: type[RouterVersion] | type[CategoryVersion],
    make: Callable[[int], RouterVersion | CategoryVersion],
) -> None:
    """Let `make` write the version with the next number, and end the training: both or nothing."""
    Feature.objects.select_for_update().get(pk=training.feature_id)
    if not FeatureTraining.objects.select_for_update().filter(_ours(training)).exists():
        raise Lost
    rows = versions._default_manager.filter(feature=training.feature)  # noqa: SLF001 - Django's public name
    version = make((rows.aggregate(latest=Max("number"))["latest"] or 0) + 1)
    FeatureTraining.objects.filter(pk=training.pk).update(
        state=State.FINISHED, number=version.number, done=F("total"), finished_at=clock.now()
    )


def send(training: FeatureTraining) -> None:
    """Tell the workers."""
    kind = FeatureTraining.Kind(training.kind)
    enqueue(TASKS[kind], training.pk, expires=LATER, hint=True)


def sweep() -> None:
    """Send what waits, take what is lost from the dead."""
    lost = FeatureTraining.objects.filter(state=State.RUNNING, heartbeat_at__lt=clock.now() - LOST)
    lost.filter(token__gte=ATTEMPTS).update(
        state=State.FAILED,
        reason=f"{ATTEMPTS} workers were lost while they trained it.",
        finished_at=clock.now(),
    )
    lost.update(state=State.QUEUED)
    with transaction.atomic():
        for waiting in FeatureTraining.objects.filter(state=State.QUEUED):
            send(waiting)


def _claimed(training_id: int) -> FeatureTraining | None:
    now = clock.now()
    taken = FeatureTraining.objects.filter(pk=training_id, state=State.QUEUED).update(
        state=State.RUNNING, token=F("token") + 1, done=0, heartbeat_at=now, started_at=now
    )
    related = FeatureTraining.objects.select_related("feature", "dataset_version__dataset", "created_by")
    return related.get(pk=training_id) if taken else None


def _ours(training: FeatureTraining) -> Q:
    return Q(pk=training.pk, token=training.token, state=State.RUNNING)


def _fail(training: FeatureTraining, reason: str) -> None:
    FeatureTraining.objects.filter(_ours(training)).update(
        state=State.FAILED, reason=reason[:2000], finished_at=clock.now()
    )
