"""What an administrator may ask for: another embedder for a use, and to leave it after all."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.catalog import queries as catalog
from aiops.catalog.models import Model, Provider
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput, Problem
from aiops.core.tasks import enqueue
from aiops.embeddings import queries
from aiops.embeddings.models import HASHING, Change, Space, Use
from aiops.providers import sentence_transformers

TASK = "gateway.change_embeddings"


@transaction.atomic
def start_change(*, by: User, use: str, wanted: Space | None) -> Change:
    """Let a worker make all vectors of `use` anew, as `wanted` (not saved yet) says; None: by hashing.

    Vectors that such an embedder has made before are used again, unless it is the one in force: then all are
    made anew. Raises InvalidInput where it can't be asked, Conflict where another change is under way.
    """
    before = queries.in_force(use)
    if wanted is None and before is None:
        raise Conflict(f"{Use(use).label} is on hashing already.")
    space = _kept(wanted, before) if wanted is not None else None
    try:
        with transaction.atomic():
            change = Change.objects.create(use=use, space=space, before=before, created_by=by)
    except IntegrityError:
        raise Conflict(f"{Use(use).label} is being changed already: wait, or cancel that.") from None
    audit.record(
        by=by,
        action="embeddings.change_started",
        on=change,
        before={"embedder": str(before or HASHING)},
        after={"use": use, "embedder": str(space or HASHING)},
    )
    enqueue(TASK, change.pk, hint=True)
    return change


@transaction.atomic
def cancel_change(*, by: Actor, change: Change) -> None:
    """What is in force stays so. Raises Conflict where it has ended."""
    ended = Change.objects.filter(pk=change.pk, state__in=Change.ACTIVE).update(
        state=Change.State.CANCELLED, finished_at=clock.now()
    )
    if not ended:
        raise Conflict("This change has ended already.")
    audit.record(by=by, action="embeddings.change_cancelled", on=change, after={"use": change.use})


def _kept(wanted: Space, before: Space | None) -> Space:
    """The row of such a space."""
    _check(wanted)
    same = Space.objects.filter(
        kind=wanted.kind,
        model=wanted.model,
        local_name=wanted.local_name,
        asked=wanted.asked,
        cut=wanted.cut,
    ).first()
    if same is not None and same != before:
        return same
    wanted.save()
    return wanted


def _check(space: Space) -> None:
    try:
        space.full_clean()
    except ValidationError as error:
        problems = [Problem(message) for message in error.messages]
        raise InvalidInput(f"This embedder can't be used: {problems[0]}", problems) from None
    if space.model is not None:
        _check_model(space.model)
    elif not sentence_transformers.installed():
        raise InvalidInput(sentence_transformers.ADVICE)


def _check_model(model: Model) -> None:
    if model.retired_at is not None:
        raise InvalidInput(f"{model} is retired.")
    if catalog.price_at(model, clock.now()) is None:
        raise InvalidInput(f"{model} has no price, so that no budget could hold. Set one first.")
    if model.provider.kind == Provider.Kind.ANTHROPIC:
        raise InvalidInput(f"{model.provider.name} has no embeddings.")
