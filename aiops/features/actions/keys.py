"""Keys that applications call the gateway with, and the features that they may call."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from aiops.audit import actions as audit
from aiops.core.actors import Actor
from aiops.features.models import Feature, KeyFeature
from aiops.tenants import actions as tenants
from aiops.tenants.models import ApiKey, Tenant


@transaction.atomic
def issue_key(
    *,
    by: Actor,
    name: str,
    tenant: Tenant | None,
    features: Iterable[Feature] = (),
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key that may call `features` (none: all), and its token, which nobody can read again.

    `tenant` None makes a service key. Raises InvalidInput.
    """
    key, token = tenants.create_key(by=by, name=name, tenant=tenant, expires_at=expires_at)
    limit_key(by=by, key=key, features=features)
    return key, token


@transaction.atomic
def limit_key(*, by: Actor, key: ApiKey, features: Iterable[Feature]) -> None:
    """Let the key call these features alone; none: all of them."""
    ApiKey.objects.select_for_update().get(pk=key.pk)
    wanted = {feature.pk: feature for feature in features}
    limits = KeyFeature.objects.filter(key=key).select_related("feature")
    had = {limit.feature_id: limit.feature for limit in limits}
    if set(had) == set(wanted):
        return
    limits.exclude(feature__in=wanted).delete()
    KeyFeature.objects.bulk_create(
        KeyFeature(key=key, feature=feature) for pk, feature in wanted.items() if pk not in had
    )
    audit.record(
        by=by,
        action="features.key_limited",
        on=key,
        before={"features": _slugs(had.values())},
        after={"features": _slugs(wanted.values())},
    )


def _slugs(features: Iterable[Feature]) -> list[str]:
    return sorted(feature.slug for feature in features) or ["all"]
