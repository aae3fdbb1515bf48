"""What may be asked for of stored calls, and the leave to send one from the console."""

from datetime import timedelta

from django.db import transaction

from aiops.accounts import queries as accounts
from aiops.accounts.models import Workspace
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput
from aiops.features import queries as features
from aiops.features.models import Feature
from aiops.gateway import cache_queries, partitions, queries
from aiops.gateway.cache_words import Standing, standing
from aiops.gateway.guardrail_models import GuardrailFailure
from aiops.gateway.models import (
    CacheEntry,
    CachePurge,
    SemanticCheck,
    SemanticEntry,
    SemanticThreshold,
    SemanticVector,
)
from aiops.gateway.semantic.threshold import from_on
from aiops.tenants.models import Tenant

MOST_TRIES = 20  # of one person in a minute


@transaction.atomic
def drop_old(*, by: Actor) -> list[str]:
    """Drop the calls of whole months that are older than the workspace keeps them; the partitions' names."""
    months = accounts.workspace().retention_months
    oldest = partitions.month_of(clock.now(), -months)
    GuardrailFailure.objects.filter(at__lt=oldest).delete()
    SemanticCheck.objects.filter(at__lt=oldest).delete()
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


@transaction.atomic
def learn_cache_threshold(*, by: Actor, feature: Feature) -> SemanticThreshold | None:
    """Do what the checks say (STATISTICS g): learn a threshold, raise it, or switch off; None: all stays."""
    found = standing(feature.slug, features.policy_in_force(feature).cache)
    decision, current = found.decision, found.threshold
    if current is None and decision.smallest_ok is not None:
        return _threshold(by, feature, found, "learn", decision.smallest_ok)
    if current is not None and decision.action == "raise":
        return _threshold(by, feature, found, "raise", decision.threshold)
    if current is not None and decision.action == "off":
        return _threshold(by, feature, found, "off", None)
    return None


@transaction.atomic
def lower_cache_threshold(*, by: Actor, feature: Feature) -> SemanticThreshold:
    """Take the lowest likeness that checks have proven. Conflict where they prove none below."""
    found = standing(feature.slug, features.policy_in_force(feature).cache)
    if found.lower is None:
        raise Conflict("No lower likeness is proven now.")
    return _threshold(by, feature, found, "lower", found.lower)


@transaction.atomic
def purge_cache(*, by: Actor, feature: Feature, pattern: str) -> int:
    """Remove the answers that `pattern` finds, from every process within seconds; return how many."""
    if not pattern.strip():
        raise InvalidInput("Say what to remove: a part of a question or an answer, or * for all.")
    keys = cache_queries.purge(feature.slug, pattern).keys
    SemanticEntry.objects.filter(key__in=keys).delete()
    SemanticVector.objects.filter(key__in=keys).delete()
    CacheEntry.objects.filter(key__in=keys).delete()
    CachePurge.objects.create(feature=feature.slug, pattern=pattern, keys=[key.hex() for key in keys])
    audit.record(
        by=by,
        action="gateway.cache_purged",
        on=feature,
        feature=feature.slug,
        after={"pattern": pattern, "answers": len(keys)},
    )
    return len(keys)


def _threshold(
    by: Actor, feature: Feature, found: Standing, action: str, threshold: float | None
) -> SemanticThreshold:
    space = found.space.pk if found.space else 0
    bins = cache_queries.bins(feature.slug, cache_queries.begun(found.latest), space)
    checks, false = from_on(threshold if threshold is not None else found.threshold or 0.0, bins)
    made = SemanticThreshold.objects.create(
        feature=feature.slug,
        space=space,
        action=action,
        threshold=threshold,
        checks=checks,
        false=false,
        target=found.policy.most_false,
    )
    audit.record(
        by=by,
        action="gateway.cache_threshold",
        on=feature,
        feature=feature.slug,
        before={"threshold": found.threshold},
        after={"threshold": threshold, "checks": checks, "false": false},
    )
    return made
