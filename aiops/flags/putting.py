"""Writes of more than one action, inside its transaction: a flag's state, the end of a stop."""

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict
from aiops.features.models import Feature
from aiops.flags import queries
from aiops.flags.audience import Audience
from aiops.flags.models import Flag, KillSwitch, Landing
from aiops.tenants.models import Tenant


def put_flag(by: Actor, feature: Feature, wanted: Audience, reason: str = "") -> None:
    """Let `wanted` in from now on. The salt stays, so that whoever was inside a percentage stays inside."""
    before = queries.audience(feature)
    flag, _ = Flag.objects.get_or_create(feature=feature)
    flag.on, flag.limited, flag.percent = wanted.on, wanted.limited, wanted.percent
    flag.when_unknown = wanted.when_unknown
    flag.changed_at, flag.changed_by = clock.now(), by if isinstance(by, User) else None
    flag.save()
    flag.tenants.set(Tenant.objects.filter(slug__in=wanted.tenants))
    audit.record(
        by=by,
        action="flags.changed",
        on=flag,
        feature=feature.slug,
        before=before.as_json(),
        after=wanted.as_json(),
        reason=reason,
    )


def end_stop(by: Actor, stop: KillSwitch, reason: str = "", *, drill: bool = False) -> KillSwitch:
    """Lift the stop, and keep which processes it had reached. Conflict where somebody has lifted it."""
    locked = KillSwitch.objects.select_for_update().get(pk=stop.pk)
    if locked.lifted_at:
        raise Conflict("This stop is lifted already.")
    locked.lifted_at, locked.lift_reason = clock.now(), reason.strip()
    locked.lifted_by = by if isinstance(by, User) else None
    locked.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    reached = queries.spread(locked.revision, locked.published_at)
    landing = Landing(stop=locked, drill=drill, processes=reached.total, told=reached.done)
    landing.seconds = reached.seconds
    landing.save()
    audit.record(
        by=by,
        action="flags.lifted",
        on=locked,
        feature=locked.target if locked.scope == KillSwitch.Scope.FEATURE else "",
        before={"stopped_by": locked.by_label, "reason": locked.reason},
        reason=locked.lift_reason,
    )
    return locked
