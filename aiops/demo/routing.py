"""The demo's router: learnt from two of its runs, in force for the last days, and what it decided."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiops.accounts.models import User
from aiops.approaches import actions as approaches
from aiops.approaches.models import FeatureTraining, RouterVersion
from aiops.catalog.models import Model
from aiops.demo import building, content, deciding, shape
from aiops.demo.asking import calls_of
from aiops.deployments import actions as deployments
from aiops.deployments.choices import Choice
from aiops.deployments.models import DeploymentRequest, Served
from aiops.evaluations import actions as evaluations
from aiops.evaluations import routing
from aiops.features.models import Feature, PolicyVersion
from aiops.gateway.picture import Picture
from aiops.gateway.routing import Routed, routed

TRAINED, ON = timedelta(days=4), timedelta(days=3)  # before loading
_TOOK = timedelta(seconds=4)


@dataclass(frozen=True, slots=True)
class Routing:
    """What the router said of each question; `before` is the model that served until `since`."""

    feature: str
    since: datetime
    before: str
    share: float  # percent that both models were asked
    said: Mapping[str, Routed]

    def of(self, feature: str, at: datetime, sample: shape.Sample) -> Routed | None:
        return self.said.get(key(sample)) if feature == self.feature and at >= self.since else None


def key(sample: shape.Sample) -> str:
    return "\0".join((sample.locale, sample.category, *sample.inputs.values()))


def router(*, by: User) -> None:
    """Train it from its two runs, and let somebody else put it in force; nothing where that is done."""
    wanted = deciding.wanted().router
    feature = Feature.objects.filter(slug=wanted.feature).first()
    runs = [building.known_run(one) for one in _runs(wanted)]
    if feature is None or RouterVersion.objects.filter(feature=feature).exists() or None in runs:
        return
    small, large = (run for run in runs if run)
    training = FeatureTraining.objects.filter(feature=feature).first() or evaluations.train_router(
        by=by, small=small, large=large, margin=wanted.margin, note=wanted.note
    )
    FeatureTraining.objects.filter(pk=training.pk).update(state=FeatureTraining.State.QUEUED)  # cut short
    routing.train(training.pk)
    version, other = RouterVersion.objects.get(feature=feature), User.objects.get(email=wanted.by)
    choice = Choice(Served.Kind.PROMPT, version=version.prompt_version, model=version.large)
    request = deployments.ask_or_deploy(by=by, feature=feature, choice=choice, reason=wanted.reason)
    if request is not None:
        deployments.approve_request(by=other, request=request)
    approaches.turn_router_on(by=other, version=version, shadow_share=wanted.share)


def _runs(wanted: deciding.Router) -> list[content.Run]:
    """Of the small model, then of the large one, over the newest set."""
    runs = [run for run in content.manifest().runs if run.feature == wanted.feature and run.dataset == 2]
    return [run for model in (wanted.small, wanted.large) for run in runs if run.model == model]


def move(now: datetime) -> None:
    """Policies are as old as the workspace, the router some days. Call where the tables' triggers are off."""
    PolicyVersion.objects.filter(number=1).update(at=now - timedelta(days=50))
    trained, on = now - TRAINED, now - ON
    RouterVersion.objects.update(created_at=trained)
    FeatureTraining.objects.update(
        created_at=trained - _TOOK, started_at=trained - _TOOK, heartbeat_at=trained, finished_at=trained
    )
    feature = deciding.wanted().router.feature
    PolicyVersion.objects.filter(feature__slug=feature, number__gt=1).update(at=on)
    DeploymentRequest.objects.filter(feature__slug=feature).update(asked_at=on, decided_at=on)


def decided(picture: Picture, now: datetime) -> Routing | None:
    """What the router in force says of all that the demo asks its feature; None where there is none."""
    wanted = deciding.wanted().router
    feature = picture.features.get(wanted.feature)
    if feature is None or feature.router is None:
        return None
    samples = [one for rows in shape.samples(wanted.feature).values() for one in rows]
    since = (now - ON).replace(minute=0, second=0, microsecond=0)
    said = asyncio.run(_said(picture, wanted.feature, samples))
    return Routing(wanted.feature, since, Model.objects.get(name=wanted.small).name, wanted.share, said)


async def _said(picture: Picture, feature: str, samples: list[shape.Sample]) -> dict[str, Routed]:
    calls = calls_of(picture, feature, [("", sample) for sample in samples])
    found = {key(sample): routed(call) for sample, call in zip(samples, calls, strict=True)}
    return {name: one for name, one in found.items() if one}
