"""Stops: thrown at once by one person, lifted by two, but for one's own of a few minutes ago."""

from django.db import IntegrityError, transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.catalog.models import Model
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput, NotFound
from aiops.features.models import Feature
from aiops.flags import queries
from aiops.flags.models import ChangeRequest, KillSwitch
from aiops.flags.putting import end_stop
from aiops.tenants.models import Tenant

Scope = KillSwitch.Scope


@transaction.atomic
def stop(*, by: Actor, scope: str, target: str = "", reason: str) -> KillSwitch:
    """Stop everything, a tenant, a feature or a model. What is stopped already stays so, by its first stop.

    Raises InvalidInput without a reason or for an unknown scope, NotFound where there is no such target.
    """
    if not reason.strip():
        raise InvalidInput("Say why: everybody who meets this stop will read it.")
    check_target(scope, target)
    try:
        with transaction.atomic():
            thrown = KillSwitch.objects.create(
                scope=scope,
                target=target,
                reason=reason.strip(),
                by=by if isinstance(by, User) else None,
                by_label=by.actor_label,
            )
    except IntegrityError:
        return KillSwitch.objects.get(scope=scope, target=target, lifted_at=None)
    audit.record(
        by=by,
        action="flags.stopped",
        on=thrown,
        feature=target if scope == Scope.FEATURE else "",
        after={"scope": scope, "target": target},
        reason=thrown.reason,
    )
    return thrown


@transaction.atomic
def lift(*, by: Actor, stop: KillSwitch, reason: str = "") -> ChangeRequest | None:
    """Lift a stop. Where it takes two a request is made and given back; one's own, of the last ten minutes,
    is lifted alone. Conflict where it is lifted already, or a request waits.
    """
    if isinstance(by, User) and not queries.lifts_alone(by, stop):
        return _ask(by, stop, reason.strip())
    end_stop(by, stop, reason)
    return None


def check_target(scope: str, target: str) -> None:
    """Raises InvalidInput for an unknown scope or one that lacks its target, NotFound for no such target."""
    if scope not in Scope.values:
        raise InvalidInput(f"{scope!r} is no scope: {', '.join(Scope.values)}.")
    if scope == Scope.GLOBAL:
        if target:
            raise InvalidInput("A stop of everything has no target.")
        return
    if not target:
        raise InvalidInput(f"Say which {scope} is to be stopped.")
    found = {
        Scope.TENANT: Tenant.objects.filter(slug=target),
        Scope.FEATURE: Feature.objects.filter(slug=target),
        Scope.MODEL: Model.objects.filter(name=target),
    }[Scope(scope)]
    if not found.exists():
        raise NotFound(f"There is no {scope} {target}.")


def _ask(by: User, stop: KillSwitch, reason: str) -> ChangeRequest:
    locked = KillSwitch.objects.select_for_update().get(pk=stop.pk)
    if locked.lifted_at:
        raise Conflict("This stop is lifted already.")
    feature = Feature.objects.filter(slug=stop.target).first() if stop.scope == Scope.FEATURE else None
    try:
        with transaction.atomic():
            request = ChangeRequest.objects.create(stop=locked, feature=feature, reason=reason, asked_by=by)
    except IntegrityError:
        raise Conflict("Somebody has asked to lift this stop already.") from None
    audit.record(
        by=by,
        action="flags.lift_asked",
        on=request,
        feature=feature.slug if feature else "",
        after={"stop": locked.pk, "scope": locked.scope, "target": locked.target},
        reason=reason,
    )
    return request
