"""More traffic for an approach: at once where one person may, else asked for, and a second one's answer."""

from decimal import Decimal

from django.db import IntegrityError, transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.deployments import queries
from aiops.deployments.actions.deploying import deploy_stable, set_share, start_candidate
from aiops.deployments.choices import Choice, check, choice_of
from aiops.deployments.models import Deployment, DeploymentRequest
from aiops.deployments.putting import facts, locked, put_candidate, put_stable
from aiops.deployments.second import stable_share, takes_two
from aiops.features.models import Feature

Arm = DeploymentRequest.Arm


@transaction.atomic
def ask_or_deploy(
    *, by: Actor, feature: Feature, choice: Choice, share: Decimal | None = None, reason: str = ""
) -> DeploymentRequest | None:
    """Deploy `choice` as stable, or with a `share` as the candidate; None: it serves.

    More traffic for what nobody reviewed, above the workspace's share, waits: then the request is given back.
    Raises Conflict where one waits already, and what `deploy_stable` and `start_candidate` raise.
    """
    check(choice, feature)
    Feature.objects.select_for_update().get(pk=feature.pk)
    deployment = queries.deployment_of(feature)
    wanted = stable_share(deployment, choice.served()) if share is None else share
    arm = Arm.STABLE if share is None else Arm.CANDIDATE
    if isinstance(by, User) and takes_two(by, feature, deployment, choice.served(), wanted):
        return _ask(by, feature, deployment, choice, arm, wanted, reason.strip())
    if share is None:
        deploy_stable(by=by, feature=feature, choice=choice, reason=reason)
    else:
        start_candidate(by=by, feature=feature, choice=choice, share=share, reason=reason)
    return None


@transaction.atomic
def ask_or_set_share(
    *, by: Actor, feature: Feature, share: Decimal, reason: str = ""
) -> DeploymentRequest | None:
    """Another share for the candidate; more of it may have to wait, as in `ask_or_deploy`."""
    deployment = locked(feature)
    candidate = deployment.candidate
    if candidate and share > deployment.share:
        return ask_or_deploy(by=by, feature=feature, choice=choice_of(candidate), share=share, reason=reason)
    set_share(by=by, feature=feature, share=share, reason=reason)
    return None


@transaction.atomic
def approve_request(*, by: User, request: DeploymentRequest) -> DeploymentRequest:
    """Let it serve. NotAllowed for whoever asked; Conflict where something else serves than did then."""
    request = _locked_request(request)
    if request.asked_by_id == by.pk:
        raise NotAllowed("You asked for this: somebody else has to approve it.")
    feature = Feature.objects.select_for_update().get(pk=request.feature_id)
    deployment = queries.deployment_of(feature)
    if _before(deployment) != request.before:
        raise Conflict(f"What serves {feature.slug} has changed since. Decline this, and ask again.")
    choice = choice_of(request.served)
    check(choice, feature)
    decided = _decide(by, request, DeploymentRequest.State.APPROVED, "")
    if request.arm == Arm.STABLE:
        put_stable(by, feature, choice, f"request {request.pk}")
    elif deployment:
        put_candidate(by, deployment, choice, request.share, f"request {request.pk}")
    return decided


@transaction.atomic
def decline_request(*, by: User, request: DeploymentRequest, reason: str = "") -> DeploymentRequest:
    return _decide(by, _locked_request(request), DeploymentRequest.State.DECLINED, reason)


@transaction.atomic
def withdraw_request(*, by: User, request: DeploymentRequest) -> DeploymentRequest:
    """Take back what oneself asked for. NotAllowed for others, who decline it."""
    request = _locked_request(request)
    if request.asked_by_id != by.pk:
        raise NotAllowed(f"Only {request.asked_by} can withdraw this. Decline it instead.")
    return _decide(by, request, DeploymentRequest.State.WITHDRAWN, "")


def _ask(
    by: User,
    feature: Feature,
    deployment: Deployment | None,
    choice: Choice,
    arm: DeploymentRequest.Arm,
    share: Decimal,
    reason: str,
) -> DeploymentRequest:
    if arm == Arm.CANDIDATE and deployment is None:
        raise Conflict(f"Nothing serves {feature.slug} yet. Deploy a stable approach first.")
    if share > 100:
        raise InvalidInput("The share is from 0 to 100 percent, with at most two decimals.")
    served = choice.served()
    served.save()
    try:
        with transaction.atomic():
            request = DeploymentRequest.objects.create(
                feature=feature,
                arm=arm,
                served=served,
                share=share,
                before=_before(deployment),
                reason=reason,
                asked_by=by,
            )
    except IntegrityError:
        raise Conflict(f"A request for {feature.slug} waits already. Withdraw that one first.") from None
    audit.record(
        by=by,
        action="deployments.change_asked",
        on=request,
        feature=feature.slug,
        before=request.before,
        after={arm.value: str(served), "share": f"{share:.2f}"},
        reason=reason,
    )
    return request


def _before(deployment: Deployment | None) -> dict[str, str]:
    return facts(deployment) if deployment else {}


def _locked_request(request: DeploymentRequest) -> DeploymentRequest:
    DeploymentRequest.objects.select_for_update().get(pk=request.pk)
    found = queries.requests().get(pk=request.pk)
    if found.state != DeploymentRequest.State.WAITING:
        raise Conflict(f"{found} is {found.get_state_display().lower()} already.")
    return found


def _decide(
    by: User, request: DeploymentRequest, state: DeploymentRequest.State, reason: str
) -> DeploymentRequest:
    request.state, request.decision = state, reason.strip()
    request.decided_at, request.decided_by = clock.now(), by
    request.save(update_fields=["state", "decision", "decided_at", "decided_by"])
    audit.record(
        by=by,
        action=f"deployments.request_{state.value}",
        on=request,
        feature=request.feature.slug,
        after={"asked_by": request.asked_by.email, request.arm: str(request.served)},
        reason=request.decision,
    )
    return request
