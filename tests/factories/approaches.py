"""Rule sets and classifiers with their versions."""

import hashlib
from typing import Any

from aiops.approaches.models import RuleSet, RuleSetVersion
from tests.factories.numbers import number
from tests.factories.prompts import make_feature

RULES = "rules:\n- {name: late, if: {input: ticket, any: [late]}, then: delivery}\notherwise: other\n"


def make_rule_set(**values: Any) -> RuleSet:
    feature = values.pop("feature", None) or make_feature()
    return RuleSet.objects.create(**{"feature": feature, "name": f"rules-{number()}", **values})


def make_rules(**values: Any) -> RuleSetVersion:
    """A version that answers `delivery` where the ticket says "late", numbered after the rule set's last."""
    rule_set = values.pop("rule_set", None) or make_rule_set()
    source = values.pop("source", RULES)
    return RuleSetVersion.objects.create(
        **{
            "rule_set": rule_set,
            "number": rule_set.versions.count() + 1,
            "source": source,
            "sha256": hashlib.sha256(source.encode()).hexdigest(),
            "rule_count": 1,
            "inputs": ["ticket"],
            **values,
        }
    )
