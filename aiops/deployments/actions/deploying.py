"""What serves a feature: a stable approach, and a candidate for a share of its callers."""

import math
from decimal import Decimal

from django.db import transaction

from aiops.accounts import queries as accounts
from aiops.catalog.models import Model
from aiops.core import sticky
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.deployments import queries
from aiops.deployments.choices import Choice, check, choice_of
from aiops.deployments.models import Deployment, Served
from aiops.deployments.putting import facts, locked, put_candidate, put_stable, save
from aiops.deployments.second import check_alone, stable_share
from aiops.features.models import Feature
from aiops.prompts.models import Label, Prompt


@transaction.atomic
def deploy_stable(*, by: Actor, feature: Feature, choice: Choice, reason: str = "") -> Deployment:
    """Let `choice` serve the feature. A prompt version must be in production: shipping is what reviews it.

    Raises InvalidInput where the choice is none, NotAllowed for a version that was not shipped, and for what
    takes a second person (`requests.ask_or_deploy`).
    """
    check(choice, feature)
    if choice.version and not queries.in_production(choice.version):
        raise NotAllowed(f"{choice.version} is not in production. Ship it first: that is what reviews it.")
    deployment = queries.deployment_of(feature)
    check_alone(by, feature, deployment, choice, stable_share(deployment, choice.served()))
    return put_stable(by, feature, choice, reason.strip())


@transaction.atomic
def start_candidate(
    *, by: Actor, feature: Feature, choice: Choice, share: Decimal, reason: str = ""
) -> Deployment:
    """Let `choice` serve `share` percent of the callers, always the same ones. It replaces another candidate.

    Raises Conflict where nothing is stable yet, NotAllowed for a share that needs the version to be shipped,
    or a second person.
    """
    check(choice, feature)
    deployment = locked(feature)
    _check_share(choice.version and not queries.in_production(choice.version), share)
    check_alone(by, feature, deployment, choice, share)
    return put_candidate(by, deployment, choice, share, reason)


@transaction.atomic
def set_share(*, by: Actor, feature: Feature, share: Decimal, reason: str = "") -> Deployment:
    """Another share for the candidate. Whoever was inside a smaller one stays inside."""
    deployment = locked(feature)
    candidate = deployment.candidate
    if candidate is None:
        raise Conflict(f"{feature.slug} has no candidate.")
    if share > deployment.share:
        check_alone(by, feature, deployment, choice_of(candidate), share)
        _check_share(candidate.version and not queries.in_production(candidate.version), share)
    elif not sticky.percent_valid(share):
        raise InvalidInput("The share is from 0 to 100 percent, with at most two decimals.")
    before = facts(deployment)
    if share == deployment.share:
        return deployment
    deployment.share = share
    return save(by, deployment, "deployments.share_set", before, reason)


@transaction.atomic
def stop_candidate(*, by: Actor, feature: Feature, reason: str = "") -> Deployment:
    """The stable approach serves everybody again. At once, by one person."""
    deployment = locked(feature)
    if deployment.candidate is None:
        raise Conflict(f"{feature.slug} has no candidate.")
    before = facts(deployment)
    deployment.candidate, deployment.share = None, Decimal(0)
    return save(by, deployment, "deployments.candidate_stopped", before, reason)


@transaction.atomic
def follow_production(*, by: Actor, prompt: Prompt) -> list[Deployment]:
    """Let every feature that this prompt serves be served by its version in production, on the same model.

    A feature without a deployment gets its first one, where the version suggests a model that has a price.
    """
    label = Label.objects.filter(prompt=prompt, name="production").select_related("version__prompt").first()
    if label is None:
        return []
    version, moved = label.version, []
    serving = Deployment.objects.filter(stable__version__prompt=prompt).exclude(stable__version=version)
    for deployment in serving.select_related("feature", "stable__model").order_by("pk"):
        choice = Choice(Served.Kind.PROMPT, version=version, model=deployment.stable.model)
        moved.append(put_stable(by, deployment.feature, choice, f"{version} is in production"))
    model = Model.objects.filter(name=version.model, retired_at=None, prices__isnull=False).first()
    feature = prompt.feature
    if feature and model and not Deployment.objects.filter(feature=feature).exists():
        choice = Choice(Served.Kind.PROMPT, version=version, model=model)
        moved.append(put_stable(by, feature, choice, f"{version} is in production"))
    return moved


def _check_share(unshipped: object, share: Decimal) -> None:
    if not sticky.percent_valid(share):
        raise InvalidInput("The share is from 0 to 100 percent, with at most two decimals.")
    workspace = accounts.workspace()
    if unshipped and workspace.asks_for_two(share=math.ceil(share)):
        raise NotAllowed(
            f"{share.normalize():f} % of the callers is above what one person may give to a version that "
            f"nobody reviewed ({workspace.four_eyes_share} %). Ship it, or keep the share small."
        )
