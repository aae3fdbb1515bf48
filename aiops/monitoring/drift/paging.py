"""Tells a person that something has changed: one alert for each feature, with what speaks most for it."""

from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from aiops.alerts import actions as alerts
from aiops.alerts.models import Alert
from aiops.core.actors import SystemActor
from aiops.monitoring.drift import wording
from aiops.monitoring.models import DriftCheck, DriftReading

WORKER = SystemActor("drift")
TODO = (
    "Look at the outputs that moved it most, and send a sample of them to review. If it follows a release, "
    "roll that back or stop the candidate; if the world has changed, close the alert: the reference follows."
)


def page(check: DriftCheck) -> Alert:
    """Raise the alert of the feature of `check`, whose readings are written."""
    told = worst(check)
    return alerts.raise_alert(
        by=WORKER,
        key=f"drift:{check.feature}",
        severity=Alert.Severity.CRITICAL if _is_harm(told) else Alert.Severity.WARNING,
        what=f"Drift in {check.feature}: {wording.sentence(told[0])}"
        if told
        else f"Drift in {check.feature}",
        where=". ".join(filter(None, (wording.where(told[0]) if told else "", wording.others(told[1:])))),
        todo=TODO,
        link=_address(check),
        feature=check.feature,
    )


def worst(check: DriftCheck) -> list[DriftReading]:
    """Readings that say drift, the one with the least chance first, harm before other change."""
    rows = [one for one in check.readings.all() if one.p is not None]
    drifting = [one for one in rows if one.state == DriftReading.State.DRIFT] or rows
    return sorted(drifting, key=lambda one: (not wording.is_worse(one), one.p))


def _is_harm(told: list[DriftReading]) -> bool:
    return any(one.state == DriftReading.State.DRIFT and wording.is_worse(one) for one in told)


def _address(check: DriftCheck) -> str:
    try:
        path = reverse("drift:feature", args=[check.feature])
    except NoReverseMatch:
        return ""
    asked = {"pace": check.pace, "at": check.start.strftime("%Y-%m-%dT%H")}
    return f"{path}?{urlencode(asked)}"
