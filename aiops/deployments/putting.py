"""Writes of more than one action, inside its transaction: what serves a feature, and the audit of it."""

from decimal import Decimal

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict
from aiops.deployments import queries
from aiops.deployments.choices import Choice, same
from aiops.deployments.models import Deployment
from aiops.features.models import Feature


def put_stable(by: Actor, feature: Feature, choice: Choice, reason: str) -> Deployment:
    """The candidate goes where it is what becomes stable now; another one stays."""
    Feature.objects.select_for_update().get(pk=feature.pk)
    deployment = queries.deployment_of(feature)
    before = facts(deployment) if deployment else None
    stable = choice.served()
    if deployment and same(deployment.stable, stable):
        return deployment
    stable.save()
    deployment = deployment or Deployment(feature=feature)
    deployment.stable = stable
    if deployment.candidate and same(deployment.candidate, stable):
        deployment.candidate, deployment.share = None, Decimal(0)
    return save(by, deployment, "deployments.deployed", before, reason)


def locked(feature: Feature) -> Deployment:
    Feature.objects.select_for_update().get(pk=feature.pk)
    deployment = queries.deployment_of(feature)
    if deployment is None:
        raise Conflict(f"Nothing serves {feature.slug} yet. Deploy a stable approach first.")
    return deployment


def put_candidate(
    by: Actor, deployment: Deployment, choice: Choice, share: Decimal, reason: str
) -> Deployment:
    """`choice` for `share` percent of the callers, in place of another candidate."""
    before = facts(deployment)
    candidate = choice.served()
    if deployment.candidate is None or not same(deployment.candidate, candidate):
        candidate.save()
        deployment.candidate = candidate
    deployment.share = share
    return save(by, deployment, "deployments.candidate_started", before, reason)


def save(
    by: Actor, deployment: Deployment, action: str, before: dict[str, str] | None, reason: str
) -> Deployment:
    deployment.changed_at, deployment.changed_by = clock.now(), by if isinstance(by, User) else None
    deployment.save()
    audit.record(
        by=by,
        action=action,
        on=deployment,
        feature=deployment.feature.slug,
        before=before,
        after=facts(deployment),
        reason=reason.strip(),
    )
    return deployment


def facts(deployment: Deployment) -> dict[str, str]:
    facts = {"stable": str(deployment.stable)}
    if deployment.candidate:
        facts |= {"candidate": str(deployment.candidate), "share": f"{deployment.share:.2f}"}
    return facts
