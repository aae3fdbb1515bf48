"""What a run evaluates: a prompt version on a model, a rule set, a classifier. All are run alike."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import models
from django.db.models import Q, QuerySet
from django.urls import reverse

from aiops.approaches.models import ClassifierVersion, RuleSetVersion
from aiops.catalog.models import Model, Price
from aiops.prompts.models import Version


class Kind(models.TextChoices):
    PROMPT = "prompt", "Prompt version"
    RULES = "rules", "Rule set"
    CLASSIFIER = "classifier", "Classifier"


@dataclass(frozen=True, slots=True)
class OnModel:
    """A prompt version on a model."""

    version: Version
    model: Model

    def __str__(self) -> str:
        return f"{self.version} on {self.model}"


AnyApproach: TypeAlias = OnModel | RuleSetVersion | ClassifierVersion


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run that asks a model needs of its approach."""

    version: Version
    model: Model
    price: Price


@dataclass(frozen=True, slots=True)
class Approach:
    """What `of` is called on pages: "support-summary v3" by "sim-large", "ticket-rules v2" by "rule set"."""

    of: AnyApproach
    kind: Kind
    name: str
    by: str
    url: str  # of its version's page
    simulated: bool = False  # a model that is none answers, and its money is none

    @property
    def asks_model(self) -> bool:
        """Whether a vendor is asked: else it answers here, at once, for nothing."""
        return self.kind == Kind.PROMPT

    def __str__(self) -> str:
        return f"{self.name} on {self.by}" if self.asks_model else f"{self.by} {self.name}"


# Exactly one of the three is named, and all of it.
_NONE_BUT: dict[str, dict[str, Any]] = {
    "version": {"version__isnull": False, "model__isnull": False, "price__isnull": False},
    "rule_set_version": {"rule_set_version__isnull": False},
    "classifier_version": {"classifier_version__isnull": False},
}
_COLUMNS = ("version", "model", "price", "rule_set_version", "classifier_version")


def exactly_one() -> Q:
    """The condition under which a run's row names one approach."""
    condition = Q()
    for named in _NONE_BUT.values():
        others = {f"{name}__isnull": True for name in _COLUMNS if f"{name}__isnull" not in named}
        condition |= Q(**named, **others)
    return condition


NAMES = ("version__prompt", "model__provider", "rule_set_version__rule_set", "classifier_version__classifier")
HEAVY = ("rule_set_version__source", "classifier_version__weights", "classifier_version__report")


def with_approaches(rows: QuerySet[Any], *paths: str) -> QuerySet[Any]:
    """`rows` with all that their runs' approaches are called by; `paths` lead to the runs ("" is the row).

    Weights are megabytes: they stay where they are.
    """
    prefixes = [f"{path}__" if path else "" for path in paths or ("",)]
    named = rows.select_related(*(prefix + name for prefix in prefixes for name in NAMES))
    return named.defer(*(prefix + name for prefix in prefixes for name in HEAVY))


def described(of: AnyApproach) -> Approach:
    """Names and address of an approach."""
    if isinstance(of, OnModel):
        url = reverse("prompts:version", args=[of.version.prompt.name, of.version.number])
        simulated = of.model.provider.is_simulated
        return Approach(of, Kind.PROMPT, str(of.version), str(of.model), url, simulated)
    if isinstance(of, RuleSetVersion):
        url = reverse("approaches:rules", args=[of.rule_set.name, of.number])
        return Approach(of, Kind.RULES, str(of), Kind.RULES.label.lower(), url)
    url = reverse("approaches:trained", args=[of.classifier.name, of.number])
    return Approach(of, Kind.CLASSIFIER, str(of), Kind.CLASSIFIER.label.lower(), url)
