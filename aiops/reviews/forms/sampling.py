"""The sampling of a feature as a lead types it: shares in percent. The action judges what is typed."""

from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.forms.boundfield import BoundField

from aiops.catalog import queries as catalog
from aiops.catalog.models import Model, Price
from aiops.core.errors import InvalidInput
from aiops.core.texts import personal
from aiops.evaluations import judging
from aiops.prompts.models import Version
from aiops.reviews.actions.sampling import MOST_GOLD, MOST_REPEATS, MOST_REVIEWERS, Asked
from aiops.reviews.models import TAIL, SamplingPolicy, Scale, Stratum

ABOUT = {
    Stratum.THUMBS_DOWN: "The application says that people dislike, reject or complain of it.",
    Stratum.JUDGE_FAIL: "The live judge fails it.",
    Stratum.JUDGE_UNSURE: "The live judge, asked several times, disagrees with itself.",
    Stratum.GUARDRAIL_NEAR_MISS: "A guardrail mended it, only observed a failure, or was close to its limit.",
    Stratum.CANARY: "A candidate answered.",
    Stratum.NEW_TOPIC: "In words unlike all that was asked in four weeks, or of a category that is new.",
    Stratum.RARE_LOCALE: "In a locale of less than 2 % of the calls.",
    Stratum.DEAREST: "One in fifty: those that cost the most.",
    Stratum.LONGEST: "One in fifty: the longest answers.",
}
KEEP = "keep"  # the judge that is in force, at its version
_KINDS = {
    "email": "E-mail addresses",
    "phone": "Phone numbers",
    "card": "Card numbers",
    "iban": "Account numbers",
    "address": "Internet addresses",
}


def _percent(label: str, *, most: int = 100, help_text: str = "") -> forms.FloatField:
    widget = forms.NumberInput({"step": "any", "min": 0, "max": most})
    return forms.FloatField(label=label, min_value=0, max_value=most, help_text=help_text, widget=widget)


class SamplingForm(forms.Form):
    on = forms.BooleanField(label="Draw calls for review", required=False)
    base_share = _percent("Random share, %", help_text="Of all answered calls: what the headline stands on.")
    weekly_minimum = forms.IntegerField(
        label="At least so many random items a week", min_value=0, max_value=100_000,
        help_text="A quiet feature gets a greater share instead.",
    )  # fmt: skip  # arguments by what they belong to
    items_per_week = forms.IntegerField(
        label="At most so many items a week", min_value=0, max_value=100_000,
        help_text="What its reviewers can do. Shares are lowered to fit, known beforehand.",
    )  # fmt: skip  # arguments by what they belong to
    reviewers = forms.IntegerField(label="People for each item", min_value=1, max_value=MOST_REVIEWERS)
    double_share = _percent("Graded by two, %", help_text="Where one is enough: to see how far people agree.")
    gold_share = _percent(
        "Probes, %", most=round(MOST_GOLD * 100), help_text="Items among the others whose grade is known."
    )
    scale = forms.ChoiceField(choices=[one for one in Scale.choices if one[0] != Scale.PAIRWISE])
    masked = forms.MultipleChoiceField(
        label="Masked in what reviewers see", required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(kind, _KINDS.get(kind, kind)) for kind in personal.ORDER],
        help_text="Names and street addresses have no form, and are not found.",
    )  # fmt: skip  # arguments by what they belong to
    judge = forms.ChoiceField(label="Rubric", required=False)
    judge_model = forms.ChoiceField(label="Model", required=False)
    judge_share = _percent("Calls that it judges, %")
    judge_repeats = forms.IntegerField(
        label="Times asked",
        min_value=1,
        max_value=MOST_REPEATS,
        help_text="More than once: unsure ones are seen.",
    )
    why = forms.CharField(label="Why", required=False, max_length=500, help_text="Stands in the audit.")

    def __init__(self, data: Any = None, *, policy: SamplingPolicy) -> None:
        super().__init__(data, initial=_initial(policy))
        self.policy = policy
        for stratum in TAIL:
            self.fields[_name(stratum)] = _percent(stratum.label, help_text=ABOUT[stratum])
        models = [(model.name, model.name) for model in catalog.priced_models()]
        rubrics = [(f"prompt:{name}", name) for name in judging.rubric_names()]
        now = [(KEEP, f"{policy.judge_version}, in force")] if policy.judge_version else []
        cast("forms.ChoiceField", self.fields["judge"]).choices = [("", "No live judge"), *now, *rubrics]
        cast("forms.ChoiceField", self.fields["judge_model"]).choices = [("", "The rubric's own"), *models]

    @property
    def tails(self) -> Iterator[BoundField]:
        return (self[_name(stratum)] for stratum in TAIL)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.asked = self._asked(said)
            except InvalidInput as error:
                raise forms.ValidationError(str(error)) from error
        return said

    def _asked(self, said: dict[str, Any]) -> Asked:
        shares = {stratum.value: said[_name(stratum)] / 100 for stratum in TAIL}
        plain = ("on", "weekly_minimum", "items_per_week", "reviewers", "scale", "masked", "judge_repeats")
        percents = ("base_share", "double_share", "gold_share", "judge_share")
        return Asked(
            shares={name: share for name, share in shares.items() if share},
            **{name: said[name] for name in plain},
            **{name: said[name] / 100 for name in percents},
            **self._judge(said),
        )

    def _judge(self, said: dict[str, Any]) -> dict[str, Any]:
        """The judge, pinned: the one in force stays at its version, another is taken as it is now."""
        policy, chosen = self.policy, said["judge"]
        if not chosen:
            return {}
        same = chosen == KEEP and policy.judge_model and said["judge_model"] in {"", policy.judge_model.name}
        if same:
            names = ("judge_version", "judge_model", "judge_price")
            return {name: getattr(policy, name) for name in names}
        entry = {
            "name": "live judge",
            "type": "judge",
            "scale": said["scale"],
            "repeats": said["judge_repeats"],
        }
        if chosen == KEEP and policy.judge_version:
            entry |= {"prompt": policy.judge_version.prompt.name, "version": policy.judge_version.number}
        else:
            entry["prompt"] = chosen.removeprefix("prompt:")
        if said["judge_model"]:
            entry["model"] = said["judge_model"]
        (found,) = judging.pinned([entry])
        return {
            "judge_version": Version.objects.get(pk=found["version"]),
            "judge_model": Model.objects.get(pk=found["model"]),
            "judge_price": Price.objects.get(pk=found["price"]),
        }


def _name(stratum: Stratum) -> str:
    return f"share_{stratum.value}"


def _initial(policy: SamplingPolicy) -> dict[str, Any]:
    plain = ("on", "weekly_minimum", "items_per_week", "reviewers", "scale", "masked", "judge_repeats")
    percents = ("base_share", "double_share", "gold_share", "judge_share")
    tails = {_name(stratum): _rounded(policy.shares.get(stratum.value, 0.0)) for stratum in TAIL}
    return {
        **{name: getattr(policy, name) for name in plain},
        **{name: _rounded(getattr(policy, name)) for name in percents},
        **tails,
        "judge": KEEP if policy.judge_version_id else "",
        "judge_model": policy.judge_model.name if policy.judge_model else "",
    }


def _rounded(share: float) -> float | int:
    """A share in percent, as people write it."""
    percent = round(share * 100, 4)
    return int(percent) if percent == int(percent) else percent
