"""Looked after every few seconds: changes without a worker, texts that came later, vectors that go."""

import logging
from datetime import timedelta

from django.db import connection, transaction

from aiops.budgets import actions as budgets
from aiops.budgets import spending
from aiops.budgets.ledger import NoRoom
from aiops.budgets.models import Lease
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.core.errors import AiopsError
from aiops.core.tasks import enqueue
from aiops.embeddings import queries
from aiops.embeddings.actions import TASK
from aiops.embeddings.models import Change, Choice, Space
from aiops.gateway import inside
from aiops.gateway.inside import Bill
from aiops.gateway.reembedding import paying, work
from aiops.gateway.reembedding.paying import Purses
from aiops.gateway.reembedding.targets import TARGETS

LOST = timedelta(minutes=3)  # without a round: more than one takes
ATTEMPTS = 5
LATER = 60.0  # seconds after which an unread message is worth another
ROUNDS = 20  # of texts that came later, before others have their turn
KEPT = timedelta(hours=1)  # that old vectors stay after a switch: every process knows of it long before
AT_ONCE = 5_000  # old vectors that go at once
LOCK = 0x656D62  # so that one worker does it
State = Change.State

logger = logging.getLogger(__name__)


def sweep() -> None:
    """Send what waits, take what is lost from the dead."""
    lost = Change.objects.filter(state=State.RUNNING, heartbeat_at__lt=clock.now() - LOST)
    lost.filter(token__gte=ATTEMPTS).update(
        state=State.FAILED, reason=f"{ATTEMPTS} workers were lost over it.", finished_at=clock.now()
    )
    for change in lost:
        _bury(change)
    lost.update(state=State.QUEUED)
    with transaction.atomic():
        for waiting in Change.objects.filter(state=State.QUEUED).values_list("pk", flat=True):
            enqueue(TASK, waiting, expires=LATER, hint=True)


def keep_up() -> None:
    """Embed what came since the switch, and remove what nobody needs; one worker at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return
    try:
        for choice in Choice.objects.select_related("space__model__provider"):
            if choice.space is not None:
                _catch_up(choice.use, choice.space)
            if choice.since < clock.now() - KEPT:
                TARGETS[choice.use].drop_but(queries.wanted_spaces(choice.use), AT_ONCE)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _catch_up(use: str, space: Space) -> None:
    target, after = TARGETS[use], TARGETS[use].START
    purses: Purses | None = None
    try:
        for _ in range(ROUNDS):
            texts = target.missing(space.pk, after, work.ROUND)
            if not texts:
                break
            purses = purses or Purses(f"embed-{use}-{clock.now().timestamp():.0f}")
            found = paying.embedded(space, texts, purses)
            with transaction.atomic():
                target.caught_up(space.pk, found.made)
                found.charge()
            if found.failure is not None:
                raise found.failure
            after = texts[-1].key
    except NoRoom as full:
        logger.warning("embeddings of %s wait: %s", use, spending.refusal(full))
    except AiopsError as error:
        logger.warning("embeddings of %s wait: %s", use, error)
    except Exception:
        logger.exception("embeddings of %s wait", use)
    if purses is not None:
        purses.close()


@transaction.atomic
def _bury(change: Change) -> None:
    """What a dead worker had leased counts as spent: nobody knows what of it left."""
    begins = f"{work.instance_of(change)}-"
    rows = Lease.objects.filter(state=Lease.State.OPEN, instance__startswith=begins).order_by("instance")
    for instance in rows.values_list("instance", flat=True).distinct():
        amount = budgets.lose_leases_of(by=SystemActor("embeddings"), instance=instance)
        if amount:
            died = Bill(paying.PURPOSE, "", unaccounted=amount, calls=0, answered=False, lost=True)
            inside.add_up(instance.removeprefix(begins), [died])
