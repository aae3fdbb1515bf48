"""What may be asked for of stored calls, and the leave to send one from the console."""

from datetime import timedelta

from django.db import transaction

from aiops.accounts import queries as accounts
from aiops.accounts.models import Workspace
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict
from aiops.features.models import Feature
from aiops.gateway import partitions, queries
from aiops.gateway.guardrail_models import GuardrailFailure
from aiops.tenants.models import Tenant

MOST_TRIES = 20  # of one person in a minute


@transaction.atomic
def drop_old(*, by: Actor) -> list[str]:
    """Drop the calls of whole months that are older than the workspace keeps them; the partitions' names."""
    months = accounts.workspace().retention_months
    oldest = partitions.month_of(clock.now(), -months)
    GuardrailFailure.objects.filter(at__lt=oldest).delete()
    dropped = partitions.older_than(oldest)
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


@transaction.atomic
def note_try(*, by: Actor, feature: Feature, tenant: Tenant) -> None:
    """Somebody sends a real call from the console, charged to `tenant`. Conflict for too many in a minute."""
    if queries.tries(by, timedelta(minutes=1)) >= MOST_TRIES:
        raise Conflict(f"You have sent {MOST_TRIES} calls in the last minute. Wait a little.")
    audit.record(
        by=by, action="gateway.tried", on=feature, feature=feature.slug, after={"tenant": tenant.slug}
    )
