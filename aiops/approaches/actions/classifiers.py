"""A new classifier; its training begun and cancelled."""

from django.db import IntegrityError, transaction

from aiops.accounts.models import User
from aiops.approaches import training as work
from aiops.approaches.examples import LEAST_CASES, MOST_CASES, variable_of
from aiops.approaches.models import Classifier, Training
from aiops.approaches.naming import begin
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput
from aiops.core.tasks import enqueue
from aiops.datasets.models import DatasetVersion
from aiops.features.models import Feature


@transaction.atomic
def create_classifier(*, by: Actor, feature: Feature, name: str, description: str = "") -> Classifier:
    """A classifier without versions. Raises InvalidInput for a bad name, Conflict for one that exists."""
    classifier = begin(Classifier, feature=feature, name=name, description=description)
    audit.record(
        by=by,
        action="approaches.classifier_created",
        on=classifier,
        feature=feature.slug,
        after={"description": description, "feature": feature.slug},
    )
    return classifier


@transaction.atomic
def start_training(
    *, by: Actor, classifier: Classifier, dataset_version: DatasetVersion, variable: str = "", note: str = ""
) -> Training:
    """Let a worker train the next version from frozen cases, whose expected outputs are the labels.

    `variable` is the input to read, needed where cases have several. Raises InvalidInput where the cases
    cannot do, Conflict where a training is under way.
    """
    if not LEAST_CASES <= dataset_version.case_count <= MOST_CASES:
        raise InvalidInput(
            f"{dataset_version} has {dataset_version.case_count:,} cases; a classifier learns from "
            f"{LEAST_CASES} to {MOST_CASES:,}"
        )
    chosen = variable_of(dataset_version, variable)
    try:
        with transaction.atomic():
            training = Training.objects.create(
                classifier=classifier,
                dataset_version=dataset_version,
                variable=chosen,
                note=note,
                total=work.STEPS,
                created_by=by if isinstance(by, User) else None,
            )
    except IntegrityError:
        raise Conflict(f"{classifier} is being trained already; wait for it, or cancel it") from None
    audit.record(
        by=by,
        action="approaches.training_started",
        on=training,
        label=f"{classifier.name}: {training}",
        feature=classifier.feature.slug,
        after={"cases": str(dataset_version), "variable": chosen},
    )
    enqueue(work.TASK, training.pk, expires=work.LATER, hint=True)
    return training


@transaction.atomic
def cancel_training(*, by: Actor, training: Training) -> Training:
    """End it without a version. Raises Conflict where it is over."""
    locked = Training.objects.select_for_update(of=("self",)).select_related("classifier__feature")
    current = locked.get(pk=training.pk)
    if not current.is_active:
        raise Conflict(f"the training is over: {current.get_state_display().lower()}")
    before, current.state, current.finished_at = current.state, Training.State.CANCELLED, clock.now()
    current.save(update_fields=["state", "finished_at"])
    audit.record(
        by=by,
        action="approaches.training_cancelled",
        on=current,
        label=f"{current.classifier.name}: {current}",
        feature=current.classifier.feature.slug,
        before={"state": before},
    )
    return current
