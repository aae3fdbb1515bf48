"""Rule sets and classifiers with their versions."""

import hashlib
from typing import Any

from aiops.approaches import crossing, hashed, learning, outcome
from aiops.approaches.models import (
    CategoryVersion,
    Classifier,
    ClassifierVersion,
    FeatureTraining,
    RouterVersion,
    RuleSet,
    RuleSetVersion,
    Training,
)
from tests.factories.catalog import make_model
from tests.factories.datasets import make_cases, make_dataset, make_dataset_version
from tests.factories.numbers import number
from tests.factories.prompts import make_feature, make_version

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


def make_labelled_cases(each: int = 10, **values: Any) -> Any:
    """A frozen version with `each` cases of two labels that are easy to tell apart."""
    dataset = values.pop("dataset", None) or make_dataset()
    parcels = [f"parcel {n} is late" for n in range(each)]
    refunds = [f"refund of {n} euros" for n in range(each)]
    make_cases(dataset, [{"inputs": {"ticket": t}, "expected": "delivery", "category": "a"} for t in parcels])
    make_cases(dataset, [{"inputs": {"ticket": t}, "expected": "money", "category": "b"} for t in refunds])
    dataset.refresh_from_db()
    return make_dataset_version(dataset=dataset, **values)


def make_classifier(**values: Any) -> Classifier:
    feature = values.pop("feature", None) or make_feature()
    return Classifier.objects.create(**{"feature": feature, "name": f"classifier-{number()}", **values})


def make_training(**values: Any) -> Training:
    """A training that waits for a worker."""
    return Training.objects.create(
        **{
            "classifier": values.pop("classifier", None) or make_classifier(),
            "dataset_version": values.pop("dataset_version", None) or make_labelled_cases(),
            "variable": "ticket",
            "total": learning.FOLDS + 1,
            **values,
        }
    )


def make_trained(**values: Any) -> ClassifierVersion:
    """A version with two labels, without a training."""
    classifier = values.pop("classifier", None) or make_classifier()
    model = learning.fit(["parcel is late", "refund please"], ["delivery", "money"])
    weights = learning.kept(model)
    return ClassifierVersion.objects.create(
        **{
            "classifier": classifier,
            "number": classifier.versions.count() + 1,
            "dataset_version": values.pop("dataset_version", None) or make_dataset_version(),
            "variable": "ticket",
            "labels": list(model.labels),
            "recipe": learning.RECIPE,
            "weights": weights,
            "sha256": hashlib.sha256(weights).hexdigest(),
            "report": outcome.report(
                [outcome.Asked("delivery", "money", ""), outcome.Asked("money", "money", "")]
            ),
            "case_count": 2,
            "seconds": 0.1,
            **values,
        }
    )


def make_learning(**values: Any) -> FeatureTraining:
    """A training of categories that waits for a worker."""
    return FeatureTraining.objects.create(
        **{
            "feature": values.pop("feature", None) or make_feature(),
            "kind": FeatureTraining.Kind.CATEGORIES,
            "dataset_version": values.pop("dataset_version", None) or make_labelled_cases(),
            "total": crossing.STEPS,
            **values,
        }
    )


def _weights(texts: list[str], labels: list[str], known: list[str]) -> dict[str, Any]:
    places = hashed.places_for(len(known))
    weights = hashed.kept(hashed.fit(hashed.table(texts, places), labels, known, places))
    return {
        "weights": weights,
        "sha256": hashed.digest(weights),
        "recipe": hashed.RECIPE,
        "case_count": len(texts),
        "seconds": 0.1,
    }


def make_router(**values: Any) -> RouterVersion:
    """Sends texts of the category "billing" that say "easy" to the small model."""
    feature = values.pop("feature", None) or make_feature()
    group = {"name": "billing", "n": 160, "loss": 0.01, "upper": 0.03, "routed_share": 0.5, "reason": "ok"}
    return RouterVersion.objects.create(
        **{
            "feature": feature,
            "number": feature.routers.count() + 1,
            "small": values.pop("small", None) or make_model(),
            "large": values.pop("large", None) or make_model(),
            "prompt_version": values.pop("prompt_version", None) or make_version(),
            "dataset_version": values.pop("dataset_version", None) or make_dataset_version(),
            "small_run": 1,
            "large_run": 2,
            "margin": 0.05,
            "passing": 1,
            "report": {
                "missing": 0,
                "routed_share": 0.5,
                "categories": [group | {"threshold": 0.5}],
                "locales": [group | {"name": "en"}],
            },
            **_weights(["easy one", "hard one"] * 4, ["small", "large"] * 4, ["small"]),
            **values,
        }
    )


def make_categories(**values: Any) -> CategoryVersion:
    """Tells refunds from parcels, and is asked from half sure on."""
    feature = values.pop("feature", None) or make_feature()
    known = ["delivery", "money"]
    return CategoryVersion.objects.create(
        **{
            "feature": feature,
            "number": feature.category_versions.count() + 1,
            "dataset_version": values.pop("dataset_version", None) or make_dataset_version(),
            "labels": known,
            "threshold": 0.6,
            "report": {
                "accuracy": 0.95, "precision": 0.97, "lower": 0.92, "covered": 0.8,
                "labels": [{"name": name, "n": 50, "said": 40, "right": 39} for name in known],
            },
            **_weights(["parcel is late", "refund please"] * 8, known * 8, known),
            **values,
        }
    )  # fmt: skip  # arguments by what they belong to
