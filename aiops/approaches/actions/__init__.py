"""What may be asked for about rule sets, classifiers, and what is learnt for one feature."""

from aiops.approaches.actions.classifiers import cancel_training, create_classifier, start_training
from aiops.approaches.actions.learnt import (
    cancel_learning,
    start_learning,
    turn_categories_off,
    turn_categories_on,
    turn_router_off,
    turn_router_on,
)
from aiops.approaches.actions.rule_sets import create_rule_set, create_rules

__all__ = [
    "cancel_learning",
    "cancel_training",
    "create_classifier",
    "create_rule_set",
    "create_rules",
    "start_learning",
    "start_training",
    "turn_categories_off",
    "turn_categories_on",
    "turn_router_off",
    "turn_router_on",
]
