"""Named questions about deployments. Nothing here writes."""

from django.db.models import QuerySet

from aiops.deployments.models import Deployment, DeploymentRequest
from aiops.features.models import Feature
from aiops.prompts.models import Label, Version

_SERVED = ("version__prompt", "model", "rule_set_version__rule_set", "classifier_version__classifier")
WHOLE = tuple(f"{arm}__{part}" for arm in ("stable", "candidate") for part in _SERVED)
_HEAVY = tuple(f"{arm}__classifier_version__weights" for arm in ("stable", "candidate"))


def deployments() -> QuerySet[Deployment]:
    """Deployments with their feature and all that names what is served, in one query."""
    return Deployment.objects.select_related("feature", "changed_by", *WHOLE).defer(*_HEAVY)


def deployment_of(feature: Feature) -> Deployment | None:
    return deployments().filter(feature=feature).first()


def requests() -> QuerySet[DeploymentRequest]:
    """Requests with all that names what is asked for, the newest first."""
    served = (f"served__{part}" for part in _SERVED)
    rows = DeploymentRequest.objects.select_related("feature", "asked_by", "decided_by", *served)
    return rows.defer("served__classifier_version__weights").order_by("-id")


def waiting_requests() -> QuerySet[DeploymentRequest]:
    return requests().filter(state=DeploymentRequest.State.WAITING)


def in_production(version: Version) -> bool:
    """Whether the version has been shipped and is the prompt's live one."""
    return Label.objects.filter(version=version, name="production").exists()
