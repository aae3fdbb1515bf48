"""What may be asked for about rule sets and classifiers."""

from aiops.approaches.actions.rule_sets import create_rule_set, create_rules

__all__ = ["create_rule_set", "create_rules"]
