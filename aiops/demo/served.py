"""What a call of the demo's past was served by, and what that cost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

from aiops.core import sticky
from aiops.demo import content
from aiops.demo.deciding import Trial
from aiops.deployments.models import Served
from aiops.deployments.queries import deployments
from aiops.evaluations.models import Result
from aiops.prompts.models import Version
from aiops.releases.models import Release

MILLION = Decimal(1_000_000)
SALT = "trial-12587"  # the tenth of the callers that the story needs


@dataclass(frozen=True, slots=True)
class By:
    """What a record says of the approach. `prompt_tokens` is what its texts add to the caller's."""

    kind: str
    name: str
    version_id: int | None
    number: int | None
    model: str
    prompt_tokens: int

    @property
    def median_ms(self) -> float:
        return {"": 3.0, "sim-small": 250.0}.get(self.model, 700.0)


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial of `by`, from `since` until before `until`."""

    trial: Trial
    by: By
    since: datetime
    until: datetime

    def serves(self, feature: str, caller: str, moment: datetime) -> bool:
        """Whether `caller` (tenant:user) got it; always the same ones."""
        inside = feature == self.trial.feature and self.since <= moment < self.until
        return inside and sticky.enabled(SALT, caller, self.trial.share)


Outputs = Mapping[tuple[int, str, str], str]  # by version, model and inputs (`asked_for`)


def serving() -> dict[str, list[tuple[datetime, By]]]:
    """For each feature what serves it, with the moment from which on it did, the newest first."""
    found: dict[str, list[tuple[datetime, By]]] = {}
    for deployment in deployments():
        now = _by(deployment.stable)
        found[deployment.feature.slug] = [
            *_released(deployment.stable, now.model),
            (datetime.min.replace(tzinfo=UTC), now),
        ]
    return found


def on_another(rows: list[tuple[datetime, By]], model: str, until: datetime) -> list[tuple[datetime, By]]:
    """The same history, on `model` until then."""
    return [(until, rows[0][1]), *((since, replace(by, model=model)) for since, by in rows)]


def _released(stable: Served, model: str) -> list[tuple[datetime, By]]:
    """Each version that came into production, newest first; the oldest served from the beginning."""
    if stable.version is None:
        return []
    rows = (
        Release.objects.filter(prompt=stable.version.prompt).select_related("version__prompt").order_by("-at")
    )
    moves = [(row.at, of_version(row.version, model)) for row in rows]
    return [*moves[:-1], *((datetime.min.replace(tzinfo=UTC), by) for _, by in moves[-1:])]


def _by(stable: Served) -> By:
    if stable.version and stable.model:
        return of_version(stable.version, stable.model.name)
    if trained := stable.classifier_version:
        return By("classifier", trained.classifier.name, trained.pk, trained.number, "", 0)
    return By(stable.kind, str(stable), None, None, stable.model.name if stable.model else "", 0)


def tried(trial: Trial, now: datetime) -> Tried | None:
    """The trial as calls were served by it; None where the demo has no such version."""
    rows = Version.objects.select_related("prompt", "prompt__feature")
    version = rows.filter(prompt__name=trial.feature, number=trial.version).first()
    stable = deployments().filter(feature__slug=trial.feature, stable__model__isnull=False).first()
    if version is None or stable is None or stable.stable.model is None:
        return None
    return Tried(trial, of_version(version, stable.stable.model.name), *trial.times(now))


def outputs() -> Outputs:
    """What versions answered in the demo's runs, where no call failed: their calls answer the same."""
    rows = Result.objects.filter(error_kind="", repeat=0, run__version__isnull=False).order_by("id")
    fields = ("run__version_id", "run__model__name", "case__inputs", "output")
    return {
        (version, model, asked_for(inputs)): output
        for version, model, inputs, output in rows.values_list(*fields)
    }


def asked_for(inputs: Mapping[str, str]) -> str:
    """Inputs as a key."""
    return json.dumps(inputs, sort_keys=True)


def of_version(version: Version, model: str) -> By:
    size = sum(len(message["template"]) for message in version.messages) // 4
    return By("prompt", f"{version.prompt.name} v{version.number}", version.pk, version.number, model, size)


def at(times: list[tuple[datetime, By]], moment: datetime) -> By:
    return next(by for since, by in times if since <= moment)


@cache
def _rates(model: str) -> list[tuple[datetime, content.Rates]]:
    prices = content.manifest().models[model].prices
    rows = [(datetime(p.effective.year, p.effective.month, p.effective.day, tzinfo=UTC), p) for p in prices]
    return sorted(rows, key=lambda row: row[0], reverse=True)


def cost(model: str, when: datetime, tokens: Mapping[str, int]) -> Decimal:
    """In USD, at the price of that day."""
    if not model:
        return Decimal(0)
    rows = _rates(model)
    rates = next((rate for since, rate in rows if since <= when), rows[-1][1])
    return (rates.input * tokens["input"] + rates.output * tokens["output"]) / MILLION
