"""What people may choose to deploy."""

from typing import Any

from django import forms

from aiops.approaches.models import ClassifierVersion, RuleSetVersion
from aiops.catalog.models import Model
from aiops.catalog.queries import priced_models
from aiops.deployments.choices import Choice
from aiops.deployments.models import Served
from aiops.features.models import Feature
from aiops.prompts.models import Label, Version

NEWEST = 20  # versions of each kind that are offered
Options = list[tuple[str, list[tuple[str, str]]]]


class ShareForm(forms.Form):
    share = forms.DecimalField(
        min_value=0, max_value=100, max_digits=5, decimal_places=2, label="Candidate's share, in percent"
    )
    reason = forms.CharField(max_length=1000, required=False)


class DeployForm(forms.Form):
    """`choice()` after `is_valid()`; `share` None: as the stable approach."""

    approach = forms.ChoiceField()
    model = forms.ModelChoiceField(
        Model.objects.none(),
        required=False,
        to_field_name="name",
        help_text="For a prompt, and for the caller's own messages. Only models with a price.",
    )
    arm = forms.ChoiceField(
        choices=(
            ("stable", "For everybody, as the stable approach"),
            ("candidate", "For a share, as the candidate"),
        ),
        widget=forms.RadioSelect,
        initial="stable",
        label="For whom",
    )
    share = forms.DecimalField(
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        required=False,
        label="Candidate's share, in percent",
    )
    reason = forms.CharField(max_length=1000, required=False)

    def __init__(self, data: Any = None, *, feature: Feature) -> None:
        super().__init__(data)
        self.fields["approach"] = forms.ChoiceField(choices=options(feature))
        self.fields["model"].queryset = priced_models()  # type: ignore[attr-defined]  # a ModelChoiceField
        self.order_fields(("approach", "model", "arm", "share", "reason"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("arm") == "candidate" and said.get("share") is None and "share" not in self.errors:
            self.add_error("share", "Say how many percent of the callers.")
        return said

    def choice(self) -> Choice:
        kind, _, pk = self.cleaned_data["approach"].partition(":")
        model = self.cleaned_data["model"] if kind in {"prompt", "passthrough"} else None
        return Choice(
            kind,
            version=Version.objects.select_related("prompt").get(pk=pk) if kind == "prompt" else None,
            model=model,
            rule_set_version=RuleSetVersion.objects.get(pk=pk) if kind == "rules" else None,
            classifier_version=_trained(feature=None).get(pk=pk) if kind == "classifier" else None,
        )


def options(feature: Feature) -> Options:
    """All that may be deployed for `feature`, by kind; each value is "kind:id"."""
    if feature.kind == Feature.Kind.EMBEDDING:
        return [("Model", [("passthrough:", "The model itself")])]
    live = set(
        Label.objects.filter(name="production", prompt__feature=feature).values_list("version", flat=True)
    )
    versions = Version.objects.filter(prompt__feature=feature).select_related("prompt")
    rules = RuleSetVersion.objects.filter(rule_set__feature=feature).select_related("rule_set")
    found = {
        "Prompts": [
            (f"prompt:{one.pk}", f"{one}{' (in production)' if one.pk in live else ''}")
            for one in versions.order_by("prompt__name", "-number")[:NEWEST]
        ],
        "Rule sets": [
            (f"rules:{one.pk}", str(one)) for one in rules.order_by("rule_set__name", "-number")[:NEWEST]
        ],
        "Classifiers": [(f"classifier:{one.pk}", str(one)) for one in _trained(feature)[:NEWEST]],
        "Without either": [
            ("passthrough:", Served.Kind.PASSTHROUGH.label),
            ("search:", Served.Kind.SEARCH.label),
        ],
    }
    return [(title, choices) for title, choices in found.items() if choices]


def _trained(feature: Feature | None) -> Any:
    rows = ClassifierVersion.objects.select_related("classifier").defer("weights", "report")
    rows = rows.filter(classifier__feature=feature) if feature else rows
    return rows.order_by("classifier__name", "-number")
