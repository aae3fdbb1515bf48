"""Flags and requests as the pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiops.audit.models import AuditEvent
from aiops.features import queries as features
from aiops.features.models import Feature
from aiops.features.policy import Policy
from aiops.features.wording import instead
from aiops.flags.audience import Audience
from aiops.flags.models import ChangeRequest, Flag, KillSwitch, Schedule
from aiops.flags.queries import audience_of


@dataclass(frozen=True, slots=True)
class Row:
    """A feature, who may use it, and the stop that holds it back."""

    feature: Feature
    flag: Flag | None
    audience: Audience
    words: str
    stop: KillSwitch | None

    @property
    def state(self) -> tuple[str, str, str]:
        """Kind, icon and word of the chip."""
        if self.stop:
            return "bad", "stop", "Stopped"
        if not self.audience.lets_in:
            return "neutral", "power", "Off"
        return ("good", "ok", "On") if not self.audience.is_limited else ("accent", "ok", "On for some")


def rows(found: Iterable[Feature], stops: Iterable[KillSwitch], tenants: int) -> list[Row]:
    """A row for each feature; a stop of everything holds all back."""
    by_feature = {stop.target: stop for stop in stops if stop.scope == KillSwitch.Scope.FEATURE}
    everything = next((stop for stop in stops if stop.scope == KillSwitch.Scope.GLOBAL), None)
    return [_row(feature, everything or by_feature.get(feature.slug), tenants) for feature in found]


def _row(feature: Feature, stop: KillSwitch | None, tenants: int) -> Row:
    flag = getattr(feature, "flag", None)
    audience = audience_of(flag)
    return Row(feature, flag, audience, audience.words(tenants), stop)


def differences(request: ChangeRequest, tenants: int) -> list[tuple[str, str, str]]:
    """(what, before, after) for each thing that the request changes."""
    if request.stop:
        return [("Stop", f"in force since {request.stop.at:%Y-%m-%d %H:%M} UTC", "lifted")]
    before, wanted = Audience.from_json(request.before), Audience.from_json(request.wanted)
    said = [
        ("For whom", before.words(tenants), wanted.words(tenants)),
        ("Percent of the rest", f"{before.percent.normalize():f} %", f"{wanted.percent.normalize():f} %"),
        ("Tenants", ", ".join(sorted(before.tenants)) or "none", ", ".join(sorted(wanted.tenants)) or "none"),
    ]
    return [line for line in said if line[1] != line[2]]


def planned(found: Iterable[Schedule], tenants: int) -> list[tuple[Schedule, str, str]]:
    """(schedule, words now, words then) for each."""
    return [(one, _words(one.before, tenants), _words(one.wanted, tenants)) for one in found]


def past(found: Iterable[AuditEvent], tenants: int) -> list[tuple[AuditEvent, str, str]]:
    """(change, words before, words after) for each change of a flag."""
    return [(one, _words(one.before, tenants), _words(one.after, tenants)) for one in found]


def _words(stored: dict[str, Any] | None, tenants: int) -> str:
    return Audience.from_json(stored).words(tenants) if stored else ""


def seen_instead(scope: str, target: str) -> str:
    """What users will see of a stop: the feature's fallback in words."""
    if scope != KillSwitch.Scope.FEATURE or not target:
        return "each feature's own fallback; its policy page says which"
    feature = Feature.objects.filter(slug=target).first()
    latest = features.latest_policy(feature) if feature else None
    return instead(Policy.model_validate(latest.settings) if latest else Policy(), stopped=True)
