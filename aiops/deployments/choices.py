"""What may be deployed, as people choose it: a kind and the rows that the kind needs."""

from dataclasses import dataclass

from aiops.approaches.models import ClassifierVersion, RuleSetVersion
from aiops.catalog.models import Model
from aiops.core.errors import InvalidInput
from aiops.deployments.models import Served
from aiops.features.models import Feature
from aiops.prompts.models import Version

Kind = Served.Kind


@dataclass(frozen=True, slots=True)
class Choice:
    """An approach to deploy. What its kind does not need stays None."""

    kind: str
    version: Version | None = None
    model: Model | None = None
    rule_set_version: RuleSetVersion | None = None
    classifier_version: ClassifierVersion | None = None

    def served(self) -> Served:
        """A row that is not saved yet."""
        return Served(
            kind=self.kind,
            version=self.version,
            model=self.model,
            rule_set_version=self.rule_set_version,
            classifier_version=self.classifier_version,
        )


def choice_of(served: Served) -> Choice:
    """The choice that `served` is the row of."""
    return Choice(
        served.kind,
        version=served.version,
        model=served.model,
        rule_set_version=served.rule_set_version,
        classifier_version=served.classifier_version,
    )


_NEEDS = {
    Kind.PROMPT: ("version", "model"),
    Kind.PASSTHROUGH: ("model",),
    Kind.RULES: ("rule_set_version",),
    Kind.CLASSIFIER: ("classifier_version",),
    Kind.SEARCH: (),
}
_WORDS = {
    "version": "a prompt version",
    "model": "a model",
    "rule_set_version": "a version of a rule set",
    "classifier_version": "a version of a classifier",
}


def check(choice: Choice, feature: Feature) -> None:
    """Raises InvalidInput where the choice lacks something, has too much, or belongs to another feature."""
    if choice.kind not in Kind.values:
        raise InvalidInput(f"{choice.kind!r} is no kind of approach.")
    needs = _NEEDS[Kind(choice.kind)]
    if absent := [words for name, words in _WORDS.items() if name in needs and not getattr(choice, name)]:
        raise InvalidInput(f"Choose {' and '.join(absent)}.")
    if extra := [words for name, words in _WORDS.items() if name not in needs and getattr(choice, name)]:
        raise InvalidInput(f"{Kind(choice.kind).label} does not take {' or '.join(extra)}.")
    if feature.kind == Feature.Kind.EMBEDDING and choice.kind != Kind.PASSTHROUGH:
        raise InvalidInput("A feature of kind embedding passes through to a model.")
    _check_model(choice.model)
    _check_owner(choice, feature)


def same(one: Served, other: Served) -> bool:
    """Whether two rows mean the same approach."""
    fields = ("kind", "version_id", "model_id", "rule_set_version_id", "classifier_version_id")
    return all(getattr(one, field) == getattr(other, field) for field in fields)


def _check_model(model: Model | None) -> None:
    if model and model.retired_at:
        raise InvalidInput(f"The model {model} is retired.")
    if model and not model.prices.exists():
        raise InvalidInput(f"The model {model} has no price: no budget could hold its calls.")


def _check_owner(choice: Choice, feature: Feature) -> None:
    owners = [
        choice.version.prompt.feature_id if choice.version else None,
        choice.rule_set_version.rule_set.feature_id if choice.rule_set_version else None,
        choice.classifier_version.classifier.feature_id if choice.classifier_version else None,
    ]
    if any(owner is not None and owner != feature.pk for owner in owners):
        raise InvalidInput(f"That belongs to another feature than {feature.slug}.")
