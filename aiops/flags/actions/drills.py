"""Drills: a stop of our own tenant, thrown and lifted again to see that stops reach every gateway."""

from django.db import transaction

from aiops.accounts.models import User
from aiops.core.errors import Conflict
from aiops.flags import queries
from aiops.flags.actions.stops import stop
from aiops.flags.models import KillSwitch, Landing
from aiops.flags.putting import end_stop
from aiops.tenants.models import INTERNAL

WHY = "Drill: does a stop reach every gateway?"


@transaction.atomic
def start_drill(*, by: User) -> KillSwitch:
    """Stop the tenant `internal`, which no customer uses. Conflict where it is stopped already."""
    if queries.active_stop(KillSwitch.Scope.TENANT, INTERNAL):
        raise Conflict(f"The tenant {INTERNAL} is stopped already. Lift that stop first.")
    return stop(by=by, scope=KillSwitch.Scope.TENANT, target=INTERNAL, reason=WHY)


@transaction.atomic
def end_drill(*, by: User, stop: KillSwitch) -> Landing:
    """Lift the drill's stop; how far it had got. Conflict where somebody has lifted it."""
    return end_stop(by, stop, "the drill is over", drill=True).landing
