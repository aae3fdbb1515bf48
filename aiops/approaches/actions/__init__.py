"""What may be asked for about rule sets and classifiers."""

from aiops.approaches.actions.classifiers import cancel_training, create_classifier, start_training
from aiops.approaches.actions.rule_sets import create_rule_set, create_rules

__all__ = ["cancel_training", "create_classifier", "create_rule_set", "create_rules", "start_training"]
