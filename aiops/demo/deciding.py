"""What the demo's gateway enforces: deployments, policies, flags, budgets and one past stop, each once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import cache
from typing import Any

import yaml
from django.db.models import Sum
from pydantic import BaseModel, ConfigDict

from aiops.accounts.models import User
from aiops.approaches.models import ClassifierVersion
from aiops.budgets import actions as budgets
from aiops.budgets.limit import Limit
from aiops.budgets.models import Budget
from aiops.budgets.periods import period_of
from aiops.core.actors import Actor
from aiops.core.money import ZERO
from aiops.demo import content
from aiops.deployments import actions as deployments
from aiops.deployments.choices import Choice
from aiops.deployments.models import Deployment, Served
from aiops.features import actions as features
from aiops.features.models import Feature
from aiops.features.policy import Policy
from aiops.flags import actions as flags
from aiops.flags.audience import Audience
from aiops.flags.models import ChangeRequest, Flag, KillSwitch
from aiops.gateway.models import Rollup
from aiops.prompts.models import Version
from aiops.tenants.models import Tenant

EVERYTHING = Decimal(500)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Wanted(_Part):
    """`settings` are those of a `features.policy.Policy`."""

    note: str
    settings: Policy


class Room(_Part):
    """A tenant's monthly limit: `room` times what it has spent in the month."""

    room: Decimal
    hard: bool


class Limited(_Part):
    tenants: frozenset[str]
    reason: str


class Stopped(_Part):
    """A feature that was stopped `days` before loading, for `minutes`."""

    feature: str
    days: int
    minutes: int
    by: str
    asked_by: str
    reason: str
    lifted: str

    def times(self, now: datetime) -> tuple[datetime, datetime]:
        """When it was thrown, in the afternoon (UTC), and when lifted."""
        began = (now - timedelta(days=self.days)).replace(hour=13, minute=42, second=9, microsecond=0)
        return began, began + timedelta(minutes=self.minutes)


class Trial(_Part):
    """A version on `share` percent of the callers for `hours`; `over`: minutes before loading."""

    feature: str
    version: int
    share: Decimal
    hours: int
    over: int
    by: str
    reason: str
    stopped: str

    def times(self, now: datetime) -> tuple[datetime, datetime]:
        """When it began, and when it was stopped."""
        ended = now - timedelta(minutes=self.over)
        return ended - timedelta(hours=self.hours), ended


SECOND = "product2@demo"  # who agrees to what an engineer deploys


class Help(_Part):
    """A feature that answers from the demo's documents; those in `also` fall back to them."""

    feature: str
    name: str
    description: str
    note: str  # of its prompt's version
    also: tuple[str, ...]


class Router(_Part):
    """A router of a feature that the small model served: what it may lose, and who puts it in force."""

    feature: str
    small: str
    large: str
    margin: float
    share: float  # percent of what it decides that both models are asked
    by: str
    note: str
    reason: str


class Decisions(_Part):
    keys: tuple[str, ...]
    policies: Mapping[str, Wanted]
    router: Router
    classifiers: tuple[str, ...]
    budgets: Mapping[str, Room]
    flags: Mapping[str, Limited]
    stop: Stopped
    trial: Trial
    help: Help
    drafts: Mapping[str, str]  # answers that wait for approval, by language


@cache
def wanted() -> Decisions:
    """`content/gateway.yaml`, checked."""
    text = (content.FOLDER / "gateway.yaml").read_text(encoding="utf-8")
    return Decisions.model_validate(yaml.safe_load(text))


def policy(feature: Feature, *, by: Actor) -> None:
    """The feature's first policy. What serves it followed from its prompt in production."""
    if (one := wanted().policies.get(feature.slug)) and not feature.policies.exists():
        features.set_policy(by=by, feature=feature, policy=one.settings, note=one.note)


def classifier(feature: Feature, *, by: Actor) -> None:
    """Let the feature's classifier serve it, where the demo says so."""
    if feature.slug not in wanted().classifiers:
        return
    rows = ClassifierVersion.objects.filter(classifier__feature=feature).defer("weights")
    if newest := rows.order_by("-number").first():
        choice = Choice(Served.Kind.CLASSIFIER, classifier_version=newest)
        reason = "As good as the model, at once and for nothing"
        request = deployments.ask_or_deploy(by=by, feature=feature, choice=choice, reason=reason)
        if request is not None:  # more traffic for it takes a second person
            deployments.approve_request(by=User.objects.get(email=SECOND), request=request)


def flag(feature: Feature, *, by: Actor) -> None:
    one = wanted().flags.get(feature.slug)
    if one and not Flag.objects.filter(feature=feature).exists():
        audience = Audience(limited=True, tenants=one.tenants)
        flags.change_flag(by=by, feature=feature, wanted=audience, reason=one.reason)


def past_stop() -> None:
    """Somebody stopped a feature; another person asked to lift that, and the first agreed."""
    one = wanted().stop
    if KillSwitch.objects.exists() or not Feature.objects.filter(slug=one.feature).exists():
        return
    by, other = (User.objects.get(email=email) for email in (one.by, one.asked_by))
    thrown = flags.stop(by=by, scope=KillSwitch.Scope.FEATURE, target=one.feature, reason=one.reason)
    request = flags.lift(by=other, stop=thrown, reason=one.lifted)
    if request is not None:
        flags.approve_request(by=by, request=request)


def trial() -> None:
    """A candidate that somebody started within what one person may, and stopped."""
    one = wanted().trial
    version = Version.objects.filter(prompt__name=one.feature, number=one.version).first()
    deployment = Deployment.objects.filter(feature__slug=one.feature).first()
    if version is None or deployment is None or Served.objects.filter(version=version).exists():
        return
    by, feature = User.objects.get(email=one.by), deployment.feature
    choice = Choice(Served.Kind.PROMPT, version=version, model=deployment.stable.model)
    deployments.start_candidate(by=by, feature=feature, choice=choice, share=one.share, reason=one.reason)
    deployments.stop_candidate(by=by, feature=feature, reason=one.stopped)


def move_trial(now: datetime) -> None:
    """The trial was when the demo's story says. Call where the tables' triggers are off."""
    one = wanted().trial
    began, ended = one.times(now)
    if Served.objects.filter(version__prompt__name=one.feature, version__number=one.version).update(
        created_at=began
    ):
        Deployment.objects.filter(feature__slug=one.feature).update(changed_at=ended)


def move_stop(now: datetime) -> None:
    """The stop happened when the demo's story says. Call where the tables' triggers are off."""
    began, ended = wanted().stop.times(now)
    published = began + timedelta(milliseconds=190)
    KillSwitch.objects.update(at=began, published_at=published, lifted_at=ended)
    asked = ended - timedelta(minutes=6)
    ChangeRequest.objects.filter(stop__isnull=False).update(asked_at=asked, decided_at=ended)


def limits(now: datetime, *, by: Actor) -> None:
    """Budgets of tenants by what each has spent in this month, so that the story holds on any day of it."""
    begins, ends = period_of("month", now)
    month = Rollup.objects.filter(hour__gte=begins, hour__lt=ends)
    spent = {
        row["tenant"]: row["cost"] for row in month.values("tenant").annotate(cost=Sum("cost")).order_by()
    }
    _limit(None, EVERYTHING, sum(spent.values(), ZERO), hard=True, by=by)
    for slug, one in wanted().budgets.items():
        gone = spent.get(slug, ZERO)
        amount = max(Decimal(5), (gone * one.room).quantize(Decimal("0.1"), ROUND_CEILING))
        _limit(Tenant.objects.get(slug=slug), amount, gone, hard=one.hard, by=by)


def _limit(tenant: Tenant | None, amount: Decimal, spent: Decimal, *, hard: bool, by: Actor) -> None:
    kind: Any = Budget.Kind.MONTH
    if Budget.objects.filter(tenant=tenant, feature=None, period=kind).exists():
        return
    limit = Limit(amount, hard=hard)
    budgets.set_budget(by=by, tenant=tenant, feature=None, period=kind, limit=limit, spent=spent)
