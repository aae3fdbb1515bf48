"""Starting runs, and going on with one."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.db.models import Q, QuerySet

from aiops.approaches.models import ClassifierVersion, RuleSetVersion
from aiops.catalog import queries as catalog
from aiops.datasets.models import Dataset, DatasetVersion
from aiops.evaluations.models import MAX_REPEATS, AnyApproach, OnModel
from aiops.features.models import Feature
from aiops.prompts.models import Label, Version
from aiops.prompts.queries import PRODUCTION

RECENT = 100  # versions of datasets on offer; the URL can name any other
NEWEST = 20  # versions of approaches on offer, and those that the URL names
MOST = 5  # runs started at once: the comparison shows no more
_PRICED = "Models without a price can't be evaluated: nobody could say what it costs."
_NOTHING = "Tick what is to be evaluated: a prompt version and a model, a rule set, or a classifier."

_BLOCKS = (
    ("Prompt version on a model", "A vendor is asked, for money.", ("version", "model")),
    ("Rule set", "Rules that people wrote: at once, for nothing.", ("rules",)),
    ("Classifier", "Learnt from golden cases: at once, for nothing.", ("classifier",)),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A kind of approach, with the fields that name one."""

    title: str
    about: str
    fields: list[forms.BoundField]
    is_open: bool


def _ticked(label: str, **values: Any) -> "forms.ModelMultipleChoiceField[Any]":
    return forms.ModelMultipleChoiceField(
        queryset=None, required=False, label=label, widget=forms.CheckboxSelectMultiple, **values
    )


class StartForm(forms.Form):
    """What to run. `dataset` is "v17" (a frozen version) or "d4" (freeze the draft of a dataset now).

    Every version that is ticked runs on every model that is; each rule set and each classifier once.
    """

    feature = forms.ModelChoiceField(
        Feature.objects.all(), empty_label="Choose a feature", to_field_name="slug"
    )
    dataset = forms.ChoiceField(label="Golden dataset")
    version = _ticked("Prompt versions")
    model = _ticked("On models", to_field_name="name", help_text=_PRICED)
    rules = _ticked("Rule sets")
    classifier = _ticked("Classifiers")
    repeats = forms.IntegerField(
        min_value=1,
        max_value=MAX_REPEATS,
        initial=1,
        help_text="How often a model is asked each case; averaged per case.",
    )
    reuse = forms.BooleanField(required=False, label="Reuse outputs of unchanged cases")
    ceiling = forms.DecimalField(
        required=False,
        min_value=Decimal("0.000001"),
        max_digits=12,
        decimal_places=6,
        label="Ceiling in USD",
        help_text="Each run stops before it can cost more. Empty: none.",
        widget=forms.NumberInput({"step": "any", "inputmode": "decimal"}),
    )
    note = forms.CharField(required=False, max_length=500, help_text="Why you run it; shown in the list.")

    def __init__(self, *args: Any, feature: Feature | None, **kwargs: Any) -> None:
        """Offer what belongs to `feature`, or everything where none is chosen yet."""
        super().__init__(*args, **kwargs)
        mine = Q() if feature is None else Q(prompt__feature=feature)
        self._offer("version", Version.objects.filter(mine).select_related("prompt").defer("source"))
        mine = Q() if feature is None else Q(rule_set__feature=feature)
        self._offer("rules", RuleSetVersion.objects.filter(mine).select_related("rule_set").defer("source"))
        mine = Q() if feature is None else Q(classifier__feature=feature)
        trained = ClassifierVersion.objects.filter(mine).select_related("classifier")
        self._offer("classifier", trained.defer("weights"))
        self._of("model").queryset = catalog.priced_models().select_related("provider")
        self._offer_datasets(feature)

    def _of(self, name: str) -> "forms.ModelMultipleChoiceField[Any]":
        return cast("forms.ModelMultipleChoiceField[Any]", self.fields[name])

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        """The newest of `rows`, and those that are ticked."""
        field = self._of(name)
        field.queryset = rows
        newest = {row.pk: row for row in rows.order_by("-pk")[:NEWEST]}
        shown = newest | {row.pk: row for row in self.ticked(name)}
        live = _live(shown) if name == "version" else set()
        field.choices = [(row.pk, _label(row, live)) for row in sorted(shown.values(), key=_place)]

    def ticked(self, name: str) -> list[Any]:
        """The rows that are ticked and exist, whatever else is wrong with the form."""
        field = self._of(name)
        key = field.to_field_name or "pk"
        values = [str(value) for value in self[name].value() or []]
        known = [value for value in values if key != "pk" or (value.isdecimal() and len(value) < 10)]
        rows = field.queryset
        return list(rows.filter(**{f"{key}__in": known})) if known and rows is not None else []

    def approaches(self) -> list[AnyApproach]:
        """What is ticked, the prompt versions first."""
        asked = [
            OnModel(version, model) for version in self.ticked("version") for model in self.ticked("model")
        ]
        return [*asked, *self.ticked("rules"), *self.ticked("classifier")]

    @property
    def blocks(self) -> list[Block]:
        """The kinds of approaches; open where something is ticked, and the first where nothing is."""
        counts = [sum(bool(self.ticked(name)) for name in names) for _, _, names in _BLOCKS]
        return [
            Block(
                title,
                about,
                [self[name] for name in names],
                is_open=bool(count) or (not at and not any(counts)),
            )
            for at, ((title, about, names), count) in enumerate(zip(_BLOCKS, counts, strict=True))
        ]

    def clean(self) -> dict[str, Any]:
        """Something is ticked, no version without a model, and no more than can be compared."""
        given = super().clean() or {}
        sent = {name: given.get(name) for name in ("version", "model", "rules", "classifier")}
        if self.errors.keys() & sent.keys():
            return given
        if sent["version"] and not sent["model"]:
            self.add_error("model", "Tick the model that is asked.")
        elif sent["model"] and not sent["version"]:
            self.add_error("version", "Tick the prompt version that is evaluated.")
        elif not any(sent.values()):
            self.add_error(None, _NOTHING)
        elif len(self.approaches()) > MOST:
            count = len(self.approaches())
            self.add_error(None, f"These are {count} runs; start at most {MOST} at once.")
        return given

    def _offer_datasets(self, feature: Feature | None) -> None:
        datasets = Dataset.objects.order_by("name")
        versions = DatasetVersion.objects.select_related("dataset").order_by("dataset__name", "-number")
        if feature is not None:
            datasets = datasets.filter(feature=feature)
            versions = versions.filter(dataset__feature=feature)
        frozen = [(f"v{row.pk}", f"{row}, {row.case_count:,} cases") for row in versions[:RECENT]]
        drafts = [
            (f"d{row.pk}", f"{row.name}: freeze the draft now, {row.case_count:,} cases")
            for row in datasets.exclude(case_count=0).exclude(unfrozen_count=0)[:RECENT]
        ]
        field = cast("forms.ChoiceField", self.fields["dataset"])
        field.choices = [("", "Choose a dataset"), *_group("Frozen", frozen), *_group("Drafts", drafts)]

    def chosen_dataset(self) -> Dataset | None:
        """The dataset behind the choice, frozen or not."""
        version = self.chosen_version()
        if version is not None:
            return version.dataset
        kind, key = self._dataset_key()
        return Dataset.objects.filter(pk=key).first() if kind == "d" else None

    def chosen_version(self) -> DatasetVersion | None:
        """The frozen version, None where the draft is to be frozen or nothing is chosen."""
        kind, key = self._dataset_key()
        return (
            DatasetVersion.objects.select_related("dataset").filter(pk=key).first() if kind == "v" else None
        )

    def _dataset_key(self) -> tuple[str, int]:
        value = str(self["dataset"].value() or "")
        return (value[0], int(value[1:])) if value[1:].isdecimal() else ("", 0)


class ContinueForm(forms.Form):
    """Going on with what is missing."""

    ceiling = forms.DecimalField(
        required=False,
        min_value=Decimal("0.000001"),
        max_digits=12,
        decimal_places=6,
        label="New ceiling in USD",
    )
    retry_failed = forms.BooleanField(required=False, label="Try failed cases again")


def _place(row: Any) -> tuple[str, int]:
    """By name, the newest version first."""
    return (str(row).rpartition(" ")[0], -row.number)


def _live(ids: Iterable[int]) -> set[int]:
    """Those of the prompt versions that are in production."""
    return set(Label.objects.filter(name=PRODUCTION, version__in=ids).values_list("version", flat=True))


def _label(row: Any, live: set[int]) -> str:
    if isinstance(row, RuleSetVersion):
        return f"{row}, {row.rule_count:,} rules"
    if isinstance(row, ClassifierVersion):
        return f"{row}, {100 * row.report['accuracy']['mid']:.0f} % right out of fold"
    return f"{row}, in production" if row.pk in live else str(row)


def _group(label: str, choices: list[tuple[str, str]]) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(label, choices)] if choices else []
