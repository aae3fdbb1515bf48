"""What may be asked for of stored calls."""

from django.db import transaction

from aiops.accounts import queries as accounts
from aiops.accounts.models import Workspace
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.gateway import partitions


@transaction.atomic
def drop_old(*, by: Actor) -> list[str]:
    """Drop the calls of whole months that are older than the workspace keeps them; the partitions' names."""
    months = accounts.workspace().retention_months
    dropped = partitions.older_than(partitions.month_of(clock.now(), -months))
    for name in dropped:
        partitions.drop(name)
        audit.record(
            by=by,
            action="gateway.calls_dropped",
            on=Workspace(pk=1),
            label=f"calls of {'-'.join(name.split('_')[-2:])}",
            before={"partition": name},
            reason=f"calls are kept for {months} months",
        )
    return dropped
