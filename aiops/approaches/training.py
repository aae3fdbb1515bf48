"""The making of a classifier's version: claim, learn in folds, learn from all, keep.

It is a row with a token: a worker that was taken for dead and comes back writes nothing. A training that lost
its worker begins again; it always ends in the same weights.
"""

import hashlib
import logging
import time
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Max, Q

from aiops.approaches import learning, outcome
from aiops.approaches.examples import Example, examples
from aiops.approaches.models import Classifier, ClassifierVersion, OutOfFold, Training
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor, SystemActor
from aiops.core.errors import AiopsError
from aiops.core.tasks import enqueue

TASK = "approaches.train"
STEPS = learning.FOLDS + 1
LOST = timedelta(minutes=15)  # without a step: more than the largest set takes for one
ATTEMPTS = 3
LATER = 60.0  # seconds after which an unread message is worth another

logger = logging.getLogger(__name__)


class Lost(Exception):
    """The training is not ours any more: cancelled, or somebody else's."""


def train(training_id: int) -> None:
    """Do the training, if it is to be had."""
    training = _claimed(training_id)
    if training is None:
        return
    try:
        _make(training)
    except Lost:
        return
    except AiopsError as error:
        _fail(training, str(error))
    except Exception:
        _fail(training, "It broke; the worker's log says why.")
        logger.exception("training %s broke", training.pk)


def sweep() -> None:
    """Send what waits, take what is lost from the dead."""
    lost = Training.objects.filter(state=Training.State.RUNNING, heartbeat_at__lt=clock.now() - LOST)
    lost.filter(token__gte=ATTEMPTS).update(
        state=Training.State.FAILED,
        reason=f"{ATTEMPTS} workers were lost while they trained it.",
        finished_at=clock.now(),
    )
    lost.update(state=Training.State.QUEUED)
    with transaction.atomic():
        for waiting in Training.objects.filter(state=Training.State.QUEUED).values_list("pk", flat=True):
            enqueue(TASK, waiting, expires=LATER, hint=True)


def _claimed(training_id: int) -> Training | None:
    now = clock.now()
    taken = Training.objects.filter(pk=training_id, state=Training.State.QUEUED).update(
        state=Training.State.RUNNING,
        token=F("token") + 1,
        done=0,
        heartbeat_at=now,
        started_at=now,
    )
    related = Training.objects.select_related("classifier__feature", "dataset_version__dataset", "created_by")
    return related.get(pk=training_id) if taken else None


def _make(training: Training) -> None:
    begun = time.monotonic()
    cases = examples(training.dataset_version, training.variable)
    texts, labels = [case.text for case in cases], [case.label for case in cases]
    guesses: dict[int, tuple[int, learning.Guess]] = {}
    parts = learning.folds(texts, labels, [case.cluster for case in cases])
    for fold, (learnt, asked) in enumerate(parts):
        model = learning.fit([texts[place] for place in learnt], [labels[place] for place in learnt])
        answers = model.guess([texts[place] for place in asked])
        guesses |= {place: (fold, answer) for place, answer in zip(asked, answers, strict=True)}
        _step(training, fold + 1)
    model = learning.fit(texts, labels)
    _keep(training, cases, guesses, model, time.monotonic() - begun)


def _ours(training: Training) -> "Q":
    return Q(pk=training.pk, token=training.token, state=Training.State.RUNNING)


def _step(training: Training, done: int) -> None:
    if not Training.objects.filter(_ours(training)).update(done=done, heartbeat_at=clock.now()):
        raise Lost


def _fail(training: Training, reason: str) -> None:
    Training.objects.filter(_ours(training)).update(
        state=Training.State.FAILED, reason=reason[:2000], finished_at=clock.now()
    )


@transaction.atomic
def _keep(
    training: Training,
    cases: list[Example],
    guesses: dict[int, tuple[int, learning.Guess]],
    model: learning.Model,
    seconds: float,
) -> None:
    """The version, what was predicted out of fold, and the end of the training: all or nothing."""
    Classifier.objects.select_for_update().get(pk=training.classifier_id)
    if not Training.objects.select_for_update().filter(_ours(training)).exists():
        raise Lost
    version = _version(training, cases, guesses, model, seconds)
    OutOfFold.objects.bulk_create(
        (
            OutOfFold(
                version=version,
                key=cases[place].key,
                content=cases[place].content,
                expected=cases[place].label,
                predicted=guess.label,
                confidence=min(1.0, guess.confidence),
                fold=fold,
            )
            for place, (fold, guess) in sorted(guesses.items())
        ),
        batch_size=2_000,
    )
    Training.objects.filter(pk=training.pk).update(
        state=Training.State.FINISHED, version=version, done=STEPS, finished_at=clock.now()
    )


def _version(
    training: Training,
    cases: list[Example],
    guesses: dict[int, tuple[int, learning.Guess]],
    model: learning.Model,
    seconds: float,
) -> ClassifierVersion:
    weights = learning.kept(model)
    asked = [
        outcome.Asked(cases[place].label, guess.label, cases[place].category)
        for place, (_, guess) in sorted(guesses.items())
    ]
    latest = training.classifier.versions.aggregate(latest=Max("number"))["latest"] or 0
    version = ClassifierVersion.objects.create(
        classifier=training.classifier,
        number=latest + 1,
        dataset_version=training.dataset_version,
        variable=training.variable,
        labels=list(model.labels),
        recipe=learning.RECIPE | {"terms": len(model.terms)},
        weights=weights,
        sha256=hashlib.sha256(weights).hexdigest(),
        report=outcome.report(asked),
        case_count=len(cases),
        seconds=seconds,
        note=training.note,
        author=training.created_by,
    )
    by: Actor = training.created_by or SystemActor("worker")
    audit.record(
        by=by,
        action="approaches.classifier_trained",
        on=version,
        feature=training.classifier.feature.slug,
        before={"version": latest} if latest else None,
        after={"version": version.number, "sha256": version.sha256, "cases": str(training.dataset_version)},
    )
    return version
