"""What may be asked for: what serves a feature, and the second person's answer where it takes two."""

from aiops.deployments.actions.deploying import (
    deploy_stable,
    follow_production,
    set_share,
    start_candidate,
    stop_candidate,
)
from aiops.deployments.actions.requests import (
    approve_request,
    ask_or_deploy,
    ask_or_set_share,
    decline_request,
    withdraw_request,
)

__all__ = [
    "approve_request",
    "ask_or_deploy",
    "ask_or_set_share",
    "decline_request",
    "deploy_stable",
    "follow_production",
    "set_share",
    "start_candidate",
    "stop_candidate",
    "withdraw_request",
]
