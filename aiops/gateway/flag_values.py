"""Flags as the OpenFeature Remote Evaluation Protocol (OFREP 0.3) tells them: a feature's slug is its key."""

from collections.abc import Iterable
from typing import Any

from aiops.gateway.picture import Feature, Flag, Key, Picture
from aiops.gateway.stages.kill_switch import on_for, stop_of


def visible(picture: Picture, key: Key) -> Iterable[Feature]:
    """The features whose flags the key may see, by slug."""
    return (
        picture.features[slug]
        for slug in sorted(picture.features)
        if not key.features or slug in key.features
    )


def value_of(picture: Picture, feature: Feature, tenant: str, user: str) -> dict[str, Any]:
    """What a call of the feature would meet now: the same switches and shares decide."""
    metadata: dict[str, str | float | bool] = {"feature": feature.slug, "revision": picture.revision}
    if stop := stop_of(picture, tenant, feature.slug):
        metadata |= {"kill": stop.scope, "killTarget": stop.target, "killReason": stop.reason}
        return _told(feature, metadata, value=False, reason="DISABLED")
    flag = feature.flag
    if flag is None:
        return _told(feature, metadata, value=True, reason="STATIC")
    if flag.on and flag.limited:
        metadata["percent"] = float(flag.percent)
    return _told(feature, metadata, value=on_for(flag, tenant, user), reason=_reason(flag, tenant))


def _reason(flag: Flag, tenant: str) -> str:
    if flag.on is None:
        return "UNKNOWN"
    if not flag.on:
        return "DISABLED"
    if not flag.limited:
        return "STATIC"
    return "TARGETING_MATCH" if tenant in flag.tenants else "SPLIT"


def _told(feature: Feature, metadata: dict[str, Any], *, value: bool, reason: str) -> dict[str, Any]:
    variant = "on" if value else "off"
    return {"key": feature.slug, "value": value, "variant": variant, "reason": reason, "metadata": metadata}
