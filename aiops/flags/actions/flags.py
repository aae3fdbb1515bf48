"""Who may use a feature."""

from django.db import IntegrityError, transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import sticky
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput
from aiops.features.models import Feature
from aiops.flags import queries
from aiops.flags.audience import Audience
from aiops.flags.models import ChangeRequest
from aiops.flags.putting import put_flag
from aiops.tenants.models import Tenant


@transaction.atomic
def change_flag(
    *,
    by: Actor,
    feature: Feature,
    wanted: Audience,
    reason: str = "",
    expected: Audience | None = None,
) -> ChangeRequest | None:
    """Let `wanted` in. What turns on or widens above the workspace's share waits for a second person instead:
    then the request is given back. Turning off or narrowing never waits.

    `expected` is what the person saw: Conflict where it has changed since, or where a request waits already.
    """
    locked = Feature.objects.select_for_update().get(pk=feature.pk)
    check_audience(wanted)
    before = queries.audience(locked)
    if expected is not None and expected != before:
        raise Conflict(f"The flag of {locked.slug} has changed meanwhile. Look at it again.")
    if wanted == before:
        return None
    if isinstance(by, User) and takes_two(before, wanted):
        return _ask(by, locked, before, wanted, reason.strip())
    put_flag(by, locked, wanted, reason.strip())
    return None


def takes_two(before: Audience, wanted: Audience) -> bool:
    """Whether `wanted` lets more in than `before`, above the workspace's share."""
    return wanted.wider_than(before) and queries.asks_for_two(wanted.reach(queries.tenant_count()))


def _ask(by: User, feature: Feature, before: Audience, wanted: Audience, reason: str) -> ChangeRequest:
    try:
        with transaction.atomic():
            request = ChangeRequest.objects.create(
                feature=feature,
                before=before.as_json(),
                wanted=wanted.as_json(),
                reason=reason,
                asked_by=by,
            )
    except IntegrityError:
        raise Conflict(f"A change of {feature.slug} waits already. Withdraw that one first.") from None
    audit.record(
        by=by,
        action="flags.change_asked",
        on=request,
        feature=feature.slug,
        before=request.before,
        after=request.wanted,
        reason=reason,
    )
    return request


def check_audience(wanted: Audience) -> None:
    """Raises InvalidInput for a percentage that is none, and for tenants that are not there."""
    if not sticky.percent_valid(wanted.percent):
        raise InvalidInput("The percentage is from 0 to 100, with at most two decimals.")
    known = set(Tenant.objects.filter(slug__in=wanted.tenants).values_list("slug", flat=True))
    if unknown := sorted(wanted.tenants - known):
        raise InvalidInput(f"There is no tenant {', '.join(unknown)}.")
