"""Named questions about approaches. Nothing here writes."""

from typing import TypeVar

from django.db.models import OuterRef, Q, QuerySet, Subquery

from aiops.approaches.models import Classifier, ClassifierVersion, RuleSet, RuleSetVersion, Training

R = TypeVar("R", RuleSet, Classifier)


def rule_sets_listed(text: str = "", feature: str = "") -> QuerySet[RuleSet, RuleSet]:
    """Rule sets with `latest_number`, `latest_at` and `latest_rules`; `feature` is a slug."""
    newest = RuleSetVersion.objects.filter(rule_set=OuterRef("pk")).order_by("-number")
    rows = RuleSet.objects.select_related("feature").annotate(
        latest_number=Subquery(newest.values("number")[:1]),
        latest_at=Subquery(newest.values("created_at")[:1]),
        latest_rules=Subquery(newest.values("rule_count")[:1]),
    )
    return _narrowed(rows, text, feature).order_by("name")


def latest_rules(rule_set: RuleSet) -> RuleSetVersion | None:
    return rule_set.versions.order_by("-number").first()


def rule_numbers(rule_set: RuleSet) -> list[int]:
    """The numbers of all versions, the newest first."""
    return list(rule_set.versions.order_by("-number").values_list("number", flat=True))


def classifiers_listed(text: str = "", feature: str = "") -> QuerySet[Classifier, Classifier]:
    """Classifiers with `latest_number`, `latest_at`, `latest_report`; `feature` is a slug."""
    newest = ClassifierVersion.objects.filter(classifier=OuterRef("pk")).order_by("-number")
    rows = Classifier.objects.select_related("feature").annotate(
        latest_number=Subquery(newest.values("number")[:1]),
        latest_at=Subquery(newest.values("created_at")[:1]),
        latest_report=Subquery(newest.values("report")[:1]),
    )
    return _narrowed(rows, text, feature).order_by("name")


def trained(classifier: Classifier) -> QuerySet[ClassifierVersion, ClassifierVersion]:
    """The versions for a list, without their weights, the newest first."""
    rows = classifier.versions.select_related("dataset_version__dataset", "author")
    return rows.defer("weights").order_by("-number")


def last_training(classifier: Classifier) -> Training | None:
    """The one under way, or the last that ended."""
    rows = classifier.trainings.select_related("dataset_version__dataset", "classifier")
    return rows.order_by("-id").first()


def _narrowed(rows: "QuerySet[R, R]", text: str, feature: str) -> "QuerySet[R, R]":
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(description__icontains=text))
    return rows.filter(feature__slug=feature) if feature else rows
