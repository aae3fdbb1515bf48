"""From a request to a call: who asks, which feature, which arm. Pure: all that it knows is the picture."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from aiops.core import sticky
from aiops.gateway.errors import FeatureNotAllowed, FeatureNotFound, InvalidKey, InvalidRequest
from aiops.gateway.picture import Approach, Feature, Key, Picture

_TOKEN = re.compile(r"aiops_sk_([a-z0-9]{8})_([A-Za-z0-9_-]{20,100})\Z")


def key_of(picture: Picture, headers: Mapping[str, str], now: datetime | None = None) -> Key:
    """The key of `Authorization: Bearer …` or `x-api-key`. Raises InvalidKey, never saying why not."""
    given = headers.get("authorization", "")
    token = given[7:].strip() if given[:7].lower() == "bearer " else headers.get("x-api-key", "")
    if not token:
        raise InvalidKey("Send a key: Authorization: Bearer aiops_sk_…")
    found = _TOKEN.match(token)
    key = picture.keys.get(found.group(1)) if found else None
    digest = hashlib.sha256((found.group(2) if found else "").encode()).hexdigest()
    if not hmac.compare_digest(digest, key.digest if key else "0" * 64) or key is None:
        raise InvalidKey("This key is unknown, has expired or was revoked.")
    if key.expires_at is not None and key.expires_at <= (now or datetime.now(UTC)):
        raise InvalidKey("This key is unknown, has expired or was revoked.")
    return key


def tenant_of(picture: Picture, key: Key, headers: Mapping[str, str]) -> str:
    """The key's tenant, or the one that a service key names in `x-aiops-tenant`."""
    named = headers.get("x-aiops-tenant", "")
    if key.tenant is not None:
        if named and named != key.tenant:
            raise FeatureNotAllowed("This key belongs to another tenant than x-aiops-tenant names.")
        return key.tenant
    if not named:
        raise InvalidRequest(
            "A service key names each call's tenant in x-aiops-tenant.", param="x-aiops-tenant"
        )
    if named not in picture.tenants:
        raise InvalidRequest(f"There is no tenant {named[:60]!r}.", param="x-aiops-tenant")
    return named


def feature_for(picture: Picture, key: Key, slug: str, kind: str = "chat") -> Feature:
    """The feature that may be called. Raises FeatureNotFound and FeatureNotAllowed."""
    feature = picture.features.get(slug)
    if feature is None or feature.deployment is None or feature.kind != kind:
        known = feature is not None and feature.kind == kind
        words = "Nothing is deployed for" if known else "There is no feature"
        raise FeatureNotFound(f"{words} {slug[:100]!r}.", param="model")
    if key.features and slug not in key.features:
        raise FeatureNotAllowed(f"This key may not call {slug!r}.", param="model")
    return feature


def features_of(picture: Picture, key: Key) -> list[Feature]:
    """Those that the key may call, by slug."""
    deployed = (feature for feature in picture.features.values() if feature.deployment is not None)
    return sorted(
        (one for one in deployed if not key.features or one.slug in key.features), key=lambda one: one.slug
    )


def arm_of(feature: Feature, tenant: str, user: str) -> tuple[Approach, Literal["stable", "candidate"]]:
    """What serves this tenant's user: always the same while the share stays."""
    deployment = feature.deployment
    if deployment is None:
        raise FeatureNotFound(f"Nothing is deployed for {feature.slug!r}.")
    if deployment.candidate and sticky.enabled(deployment.salt, f"{tenant}:{user}", deployment.share):
        return deployment.candidate, "candidate"
    return deployment.stable, "stable"


def filled(approach: Approach, inputs: Mapping[str, str], *, text: str, locale: str) -> dict[str, str] | None:
    """`inputs` with `text` as the one required variable that is missing; None where that does not fit."""
    if approach.kind != "prompt":
        return None
    required = [name for name, facts in approach.variables.items() if facts.get("default") is None]
    if len(required) != 1 or required[0] in inputs:
        return None
    return with_locale(approach, {**inputs, required[0]: text}, locale)


def with_locale(approach: Approach, inputs: Mapping[str, str], locale: str) -> dict[str, str]:
    """A version that declares `locale` is told the call's, unless the inputs say another."""
    declared = approach.kind == "prompt" and "locale" in approach.variables
    return {"locale": locale, **inputs} if declared and locale else dict(inputs)
