"""One guardrail of a feature: off, observing or enforced, as another version of the policy."""

from typing import get_args

from django.db import transaction

from aiops.core.actors import Actor
from aiops.core.errors import InvalidInput
from aiops.features import queries
from aiops.features.actions.policies import set_policy
from aiops.features.guardrail_policy import GUARDRAILS, Mode
from aiops.features.models import Feature, PolicyVersion
from aiops.features.policy import Policy


@transaction.atomic
def set_guardrail(
    *, by: Actor, feature: Feature, guardrail: str, mode: str, note: str = "", expected: int | None = None
) -> PolicyVersion | None:
    """Put the guardrail into `mode`; None where it is already. InvalidInput where it has nothing to look for.

    `expected` is the policy's version that the person read. Conflict where another came in since.
    """
    if guardrail not in GUARDRAILS or mode not in get_args(Mode):
        raise InvalidInput(f"There is no guardrail {guardrail}, or no mode {mode}.")
    policy = queries.policy_in_force(feature)
    if mode != "off" and policy.guardrails.lacks_settings(guardrail):
        raise InvalidInput("It has nothing to look for yet: say what on the policy's page, and save that.")
    changed = Policy.model_validate(
        {**policy.model_dump(), "guardrails": {**policy.guardrails.model_dump(), guardrail: mode}}
    )
    words = note or f"The guardrail {guardrail.replace('_', ' ')}: {mode}"
    return set_policy(by=by, feature=feature, policy=changed, note=words, expected=expected)
