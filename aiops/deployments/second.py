"""When more traffic for an approach takes a second person (four eyes): ADR 78."""

import math
from decimal import Decimal

from aiops.accounts import queries as accounts
from aiops.accounts.models import User
from aiops.core.actors import Actor
from aiops.core.errors import NotAllowed
from aiops.deployments import queries
from aiops.deployments.choices import Choice, same
from aiops.deployments.models import Deployment, DeploymentRequest, Served
from aiops.features.models import Feature

ALL = Decimal(100)


def takes_two(
    by: Actor, feature: Feature, deployment: Deployment | None, served: Served, share: Decimal
) -> bool:
    """Whether `share` percent for `served` is more than it has, above the workspace's share, and unreviewed.

    Programs act on what people decided elsewhere, so that only people are asked for a second one.
    """
    return (
        isinstance(by, User)
        and share > share_of(deployment, served)
        and accounts.workspace().asks_for_two(share=math.ceil(share))
        and not _reviewed(feature, deployment, served, share)
    )


def check_alone(
    by: Actor, feature: Feature, deployment: Deployment | None, choice: Choice, share: Decimal
) -> None:
    """Raises NotAllowed where it takes a second person."""
    if takes_two(by, feature, deployment, choice.served(), share):
        raise NotAllowed(f"{share.normalize():f} % for {choice.served()} takes a second person: ask for it.")


def share_of(deployment: Deployment | None, served: Served) -> Decimal:
    """What percentage of the callers `served` serves now."""
    share = Decimal(0)
    if deployment and same(deployment.stable, served):
        share += ALL - deployment.share
    if deployment and deployment.candidate and same(deployment.candidate, served):
        share += deployment.share
    return share


def stable_share(deployment: Deployment | None, served: Served) -> Decimal:
    """What `served` would serve as the stable approach: all that another candidate does not."""
    kept = deployment and deployment.candidate and not same(deployment.candidate, served)
    return ALL - deployment.share if deployment and kept else ALL


def _reviewed(feature: Feature, deployment: Deployment | None, served: Served, share: Decimal) -> bool:
    """By shipping, on the model that is meant; or by whoever approved as large a share of it before.

    A version that was not shipped is refused elsewhere, whoever agrees.
    """
    if served.version and served.model:
        meant = {served.version.model or served.model.name}
        if deployment and deployment.stable.model:
            meant.add(deployment.stable.model.name)
        if served.model.name in meant or not queries.in_production(served.version):
            return True
    return _approved(feature, served, share)


def _approved(feature: Feature, served: Served, share: Decimal) -> bool:
    return DeploymentRequest.objects.filter(
        feature=feature,
        state=DeploymentRequest.State.APPROVED,
        share__gte=share,
        served__kind=served.kind,
        served__version=served.version,
        served__model=served.model,
        served__rule_set_version=served.rule_set_version,
        served__classifier_version=served.classifier_version,
    ).exists()
