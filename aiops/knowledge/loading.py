"""The loading of files in a worker: claim, take one file after the other, each once, and end.

It is a row with a token: a worker that was taken for dead and comes back writes nothing. What is done stays
done, so that a load that lost its worker goes on where it was.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q

from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor, SystemActor
from aiops.core.errors import InvalidInput
from aiops.core.tasks import enqueue
from aiops.knowledge import counting, storing
from aiops.knowledge.models import Load, LoadFile, Source
from aiops.knowledge.reading import File, read

TASK = "knowledge.load"
LOST = timedelta(minutes=5)  # without a file done: more than the largest takes
ATTEMPTS = 5
LATER = 60.0  # seconds after which an unread message is worth another

logger = logging.getLogger(__name__)


class Lost(Exception):
    """The load is not ours any more: cancelled, or somebody else's."""


def load(load_id: int) -> None:
    """Do the load, if it is to be had."""
    row = _claimed(load_id)
    if row is None:
        return
    try:
        for file in LoadFile.objects.filter(load=row, done=False).values_list("pk", flat=True):
            _take(row, file)
        _finish(row)
    except Lost:
        return
    except Exception:
        _end(row, Load.State.FAILED, "It broke; the worker's log says why.")
        logger.exception("load %s broke", row.pk)


def sweep() -> None:
    """Send what waits, take what is lost from the dead."""
    lost = Load.objects.filter(state=Load.State.RUNNING, heartbeat_at__lt=clock.now() - LOST)
    lost.filter(token__gte=ATTEMPTS).update(
        state=Load.State.FAILED,
        reason=f"{ATTEMPTS} workers were lost over it.",
        finished_at=clock.now(),
    )
    lost.update(state=Load.State.QUEUED)
    with transaction.atomic():
        for waiting in Load.objects.filter(state=Load.State.QUEUED).values_list("pk", flat=True):
            enqueue(TASK, waiting, expires=LATER, hint=True)


def _claimed(load_id: int) -> Load | None:
    taken = Load.objects.filter(pk=load_id, state=Load.State.QUEUED).update(
        state=Load.State.RUNNING, token=F("token") + 1, heartbeat_at=clock.now()
    )
    rows = Load.objects.select_related("source__feature", "created_by")
    return rows.get(pk=load_id) if taken else None


def _ours(row: Load) -> Q:
    return Q(pk=row.pk, token=row.token, state=Load.State.RUNNING)


@transaction.atomic
def _take(row: Load, file_id: int) -> None:
    """One file with its count: all or nothing, and only while the load is ours."""
    if not Load.objects.select_for_update().filter(_ours(row)).exists():
        raise Lost
    one = LoadFile.objects.get(pk=file_id)
    file = File(one.path, bytes(one.body))
    try:
        text = read(file)
    except InvalidInput as error:
        one.outcome = str(error)[:500]
    else:
        source = Source.objects.select_for_update().get(pk=row.source_id)
        one.read, one.outcome = True, storing.store(source, file, text, by=_by(row))
    one.done, one.body = True, b""
    one.save(update_fields=["done", "read", "outcome", "body"])
    failed = F("failed") + (0 if one.read else 1)
    Load.objects.filter(pk=row.pk).update(done=F("done") + 1, failed=failed, heartbeat_at=clock.now())


@transaction.atomic
def _finish(row: Load) -> None:
    if not Load.objects.select_for_update().filter(_ours(row)).exists():
        raise Lost
    counting.recount(row.source.feature_id)
    _end(row, Load.State.FINISHED)
    files = list(row.files.values_list("path", "read", "outcome"))
    facts = {
        word: sum(outcome == word for _, _, outcome in files) for word in ("added", "changed", "unchanged")
    }
    unread = [path for path, was_read, _ in files if not was_read]
    audit.record(
        by=_by(row),
        action="knowledge.documents_loaded",
        on=row.source,
        feature=row.source.feature.slug,
        after={**facts, "unread": unread[:50]},
    )


def _end(row: Load, state: Load.State, reason: str = "") -> None:
    Load.objects.filter(_ours(row)).update(state=state, reason=reason, finished_at=clock.now())


def _by(row: Load) -> Actor:
    return row.created_by or SystemActor("worker")
