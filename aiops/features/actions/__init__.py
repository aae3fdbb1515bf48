"""What may be asked for: a feature, its policy, and the keys that may call it."""

from aiops.features.actions.callbacks import make_callback_secret
from aiops.features.actions.features import change_feature, create_feature
from aiops.features.actions.guardrails import set_guardrail
from aiops.features.actions.keys import issue_key, limit_key
from aiops.features.actions.policies import restore_policy, set_policy

__all__ = [
    "change_feature",
    "create_feature",
    "issue_key",
    "limit_key",
    "make_callback_secret",
    "restore_policy",
    "set_guardrail",
    "set_policy",
]
