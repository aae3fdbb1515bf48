"""A change of embedders in a worker: claim, embed what has no vector yet, switch, end.

It is a row with a token: a worker that was taken for dead and comes back writes nothing. Vectors that are
stored stay stored, so that a change that lost its worker goes on where it was. Searches go by the old vectors
until the new ones are complete; then one transaction switches them, and publishes.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest

from aiops.audit import actions as audit
from aiops.budgets import spending
from aiops.budgets.ledger import NoRoom
from aiops.core import clock
from aiops.core.actors import Actor, SystemActor
from aiops.core.errors import AiopsError
from aiops.embeddings.models import HASHING, Change, Choice, Space
from aiops.embeddings.shaping import Unfit
from aiops.gateway.reembedding import paying
from aiops.gateway.reembedding.paying import Purses, Round, Text
from aiops.gateway.reembedding.targets import TARGETS, Target
from aiops.providers.errors import ProviderError

ROUND = paying.TEXTS * paying.AT_ONCE  # texts between two writes
TRIES = 6  # rounds in a row without a vector
FIRST_WAIT = 1.0  # seconds after a round that failed, doubled for each further one
PROBE = "How long are the vectors?"
LOCKED = "5s"  # that a switch waits for documents being loaded; then it lets them go first
State = Change.State

logger = logging.getLogger(__name__)


class Lost(Exception):
    """The change is not ours any more: cancelled, or somebody else's."""


def instance_of(change: Change, token: int | None = None) -> str:
    """The beginning of the names of a claim's leases; without a token of all its claims."""
    return f"embed-{change.pk}-{change.token if token is None else token}"


def work(change_id: int, sleep: Callable[[float], None] = time.sleep) -> None:
    """Do the change, if it is to be had."""
    change = _claimed(change_id)
    if change is None:
        return
    purses = Purses(instance_of(change))
    try:
        _work(change, purses, sleep)
    except Lost:
        pass
    except NoRoom as full:
        _fail(change, spending.refusal(full))
    except (AiopsError, ProviderError, Unfit) as error:
        _fail(change, str(error))
    except Exception:
        _fail(change, "It broke; the worker's log says why.")
        logger.exception("change %s of embeddings broke", change.pk)
    purses.close()


def _work(change: Change, purses: Purses, sleep: Callable[[float], None]) -> None:
    target = TARGETS[change.use]
    if change.space is not None:
        change.space = space = _measured(change, change.space, purses)
        _embed(change, space, target, purses, sleep)
        target.prepare(space)
    while not _switch(change, target):
        if change.space is not None:
            _embed(change, change.space, target, purses, sleep)
        _beat(change)
        sleep(FIRST_WAIT)


def _measured(change: Change, space: Space, purses: Purses) -> Space:
    """The space with its vectors' length: one text is asked, so that a model that can't is found now."""
    found = paying.embedded(space, [Text(0, "", PROBE)], purses)
    with transaction.atomic():
        found.charge()
        _beat(change, cost=F("cost") + found.cost)
    if found.failure is not None:
        raise found.failure
    length = len(found.made[0][1])
    Space.objects.filter(pk=space.pk, dimensions=None).update(dimensions=length)
    space.refresh_from_db(fields=["dimensions"])
    return space


def _embed(
    change: Change, space: Space, target: Target, purses: Purses, sleep: Callable[[float], None]
) -> None:
    """Until nothing is missing. From the start again at the end: what came meanwhile may stand anywhere."""
    total, done = target.count(), target.counted(space.pk)
    _beat(change, total=max(total, done), done=done)
    after, failures = target.START, 0
    while texts := target.missing(space.pk, after, ROUND) or _again(target, space, after):
        found = paying.embedded(space, texts, purses)
        with transaction.atomic():
            _beat(change, **_counted(found))
            target.write(space.pk, found.made)
            found.charge()
        if found.failure is None:
            after, failures = texts[-1].key, 0
            continue
        failures = 0 if found.made else failures + 1
        if not _worth_another(found.failure) or failures >= TRIES:
            raise found.failure
        sleep(_wait(found.failure, failures))


def _again(target: Target, space: Space, after: Any) -> list[Text]:
    return target.missing(space.pk, target.START, ROUND) if after != target.START else []


def _counted(found: Round) -> dict[str, Any]:
    done = F("done") + len(found.made)
    return {"done": done, "total": Greatest(F("total"), done), "cost": F("cost") + found.cost}


def _worth_another(failure: Exception) -> bool:
    return isinstance(failure, ProviderError) and (failure.retryable)


def _wait(failure: Exception, failures: int) -> float:
    asked = failure.retry_after if isinstance(failure, ProviderError) else None
    return min(30.0, max(asked or 0.0, FIRST_WAIT * float(2**failures)))


def _switch(change: Change, target: Target) -> bool:
    """Searches go by the new vectors from the end of this transaction on; False: something is missing."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCKED}'")
            target.lock()
            space = change.space
            if space is not None and target.missing(space.pk, target.START, 1):
                return False
            _beat(change, state=State.FINISHED, done=F("total"), finished_at=clock.now())
            Choice.objects.update_or_create(use=change.use, defaults={"space": space, "since": clock.now()})
            target.switched(space)
            _tell(change)
    except OperationalError as error:
        if "lock timeout" not in str(error):
            raise
        return False
    return True


def _tell(change: Change) -> None:
    row = Change.objects.get(pk=change.pk)
    by: Actor = change.created_by or SystemActor("worker")
    audit.record(
        by=by,
        action="embeddings.changed",
        on=change,
        before={"embedder": str(change.before or HASHING)},
        after={
            "use": change.use,
            "embedder": str(change.space or HASHING),
            "texts": row.total,
            "cost": str(row.cost),
        },
    )


def _claimed(change_id: int) -> Change | None:
    now = clock.now()
    taken = Change.objects.filter(pk=change_id, state=State.QUEUED).update(
        state=State.RUNNING, token=F("token") + 1, heartbeat_at=now, started_at=now
    )
    related = Change.objects.select_related("space__model__provider", "before__model", "created_by")
    return related.get(pk=change_id) if taken else None


def _ours(change: Change) -> Q:
    return Q(pk=change.pk, token=change.token, state=State.RUNNING)


def _beat(change: Change, **values: Any) -> None:
    """We are alive, and so far. Raises Lost."""
    if not Change.objects.filter(_ours(change)).update(heartbeat_at=clock.now(), **values):
        raise Lost


def _fail(change: Change, reason: str) -> None:
    Change.objects.filter(_ours(change)).update(
        state=State.FAILED, reason=reason[:2000], finished_at=clock.now()
    )
