"""The form of a policy: a field for each setting, and rows of fallbacks. `Policy` judges what is typed."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from pydantic import ValidationError

from aiops.catalog.models import Model
from aiops.features import callbacks
from aiops.features.policy import Policy
from aiops.features.policy_fields import SECTIONS, SETTINGS, initial, nested
from aiops.features.policy_lines import LINES
from aiops.features.policy_settings import Section, Setting

FALLBACKS = (
    ("", "–"),
    ("cached", "Last good answer, at most so many seconds old"),
    ("search", "Search in the documents, so many passages"),
    ("rules", "The rule set"),
    ("text", "The text"),
    ("deferred", "A ticket; a worker tries again for so many seconds"),
    ("person", "A ticket; a person answers within so many seconds"),
)
VALUE = {
    "cached": "max_age_seconds",
    "search": "passages",
    "rules": "rule_set",
    "text": "text",
    "deferred": "for_seconds",
    "person": "within_seconds",
}
ROWS = 6


class PolicyForm(forms.Form):
    """`policy` after `is_valid()`."""

    note = forms.CharField(
        max_length=1000, required=False, label="Why", help_text="Stands in the history beside this version."
    )
    expected = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, data: Any = None, *, policy: Policy, number: int) -> None:
        shown = {**initial(policy), **_rows(policy), "expected": number}
        super().__init__(data, initial=shown)
        self.policy: Policy | None = None
        self._places: list[int] = []  # the row of each fallback
        for setting in SETTINGS.values():
            self.fields[setting.path] = _field(setting)
        for row in range(ROWS):
            self.fields[f"fallback.{row}.kind"] = forms.ChoiceField(choices=FALLBACKS, required=False)
            self.fields[f"fallback.{row}.value"] = forms.CharField(required=False, max_length=10_000)
            self.fields[f"fallback.{row}.by_locale"] = forms.CharField(
                required=False, max_length=50_000, widget=forms.Textarea({"rows": 1})
            )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        values = {path: said.get(path, "") for path in SETTINGS}
        try:
            self.policy = Policy.model_validate({**nested(values), "fallbacks": self._fallbacks(said)})
        except ValidationError as error:
            for problem in error.errors():
                self.add_error(self._place(problem["loc"]), in_words(dict(problem)))
        else:
            self._check_models(self.policy)
            if words := callbacks.problem(self.policy.callback_url):
                self.add_error("callback_url", words)
        return said

    def sections(self) -> Iterator[tuple[Section, list[BoundField]]]:
        """Each section with its fields."""
        for section in SECTIONS:
            yield section, [self[setting.path] for setting in section.settings]

    def fallback_rows(self) -> list[tuple[int, BoundField, BoundField, BoundField]]:
        names = ("kind", "value", "by_locale")
        rows = ((row + 1, *(self[f"fallback.{row}.{name}"] for name in names)) for row in range(ROWS))
        return list(rows)  # type: ignore[arg-type]  # three fields each, as named above

    def _fallbacks(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        self._places = [row for row in range(ROWS) if said.get(f"fallback.{row}.kind")]
        return [_fallback(said, row) for row in self._places]

    def _place(self, loc: tuple[int | str, ...]) -> str | None:
        """The field that a problem of the policy belongs to."""
        if loc and loc[0] == "fallbacks":
            row = self._places[int(loc[1])] if len(loc) > 1 else 0
            return f"fallback.{row}.{'by_locale' if 'by_locale' in loc else 'value'}"
        parts = [str(part) for part in loc]
        paths = (".".join(parts[:size]) for size in range(len(parts), 0, -1))
        return next((path for path in paths if path in self.fields), None)

    def _check_models(self, policy: Policy) -> None:
        router = policy.router
        named = {
            "router.candidates": list(router.candidates),
            "router.rules": [rule.model for rule in router.rules],
            "router.over_soft_budget": [router.over_soft_budget] if router.over_soft_budget else [],
        }
        wanted = {name for names in named.values() for name in names}
        known = set(Model.objects.filter(name__in=wanted, retired_at=None).values_list("name", flat=True))
        for path, names in named.items():
            for name in dict.fromkeys(names):
                if name not in known:
                    self.add_error(path, f"There is no model {name}.")


_WORDS = {
    "greater_than_equal": "At least {ge:g}.",
    "greater_than": "More than {gt:g}.",
    "less_than_equal": "At most {le:g}.",
    **dict.fromkeys(("int_parsing", "int_from_float", "int_type"), "A whole number is needed."),
    **dict.fromkeys(("float_parsing", "decimal_parsing", "float_type"), "A number is needed."),
    **dict.fromkeys(("string_too_short", "missing"), "Say something here."),
    "string_pattern_mismatch": "Lower-case letters, digits, '-' and '_' only.",
}


def in_words(problem: dict[str, Any]) -> str:
    """What pydantic says, for people."""
    if words := _WORDS.get(problem["type"]):
        return words.format(**problem.get("ctx", {}))
    if problem["type"] == "extra_forbidden":
        return f"“{str(problem['loc'][-1]).removesuffix('_characters')}” is not known here."
    return f"{problem['msg'].removeprefix('Value error, ').rstrip('.').capitalize()}."


def _field(setting: Setting) -> forms.Field:
    common: dict[str, Any] = {"label": setting.label, "help_text": setting.help, "required": False}
    if setting.kind == "check":
        return forms.BooleanField(**common)
    if setting.kind == "choice":
        return forms.ChoiceField(choices=setting.choices, **{**common, "required": True})
    if setting.kind == "long" or setting.kind in LINES:
        return forms.CharField(
            max_length=20_000, widget=forms.Textarea({"rows": 3, "class": "mono"}), **common
        )
    attributes = {"inputmode": "decimal"} if setting.kind == "number" else {}
    field = forms.CharField(max_length=2000, widget=forms.TextInput(attributes), **common)
    field.required = setting.kind == "number" and not setting.optional
    return field


def _rows(policy: Policy) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for row, one in enumerate(policy.fallbacks):
        stored = one.model_dump(mode="json")
        lines = [f"{locale}: {text}" for locale, text in stored.get("by_locale", {}).items()]
        shown |= {
            f"fallback.{row}.kind": one.kind,
            f"fallback.{row}.value": stored[VALUE[one.kind]],
            f"fallback.{row}.by_locale": "\n".join(lines),
        }
    return shown


def _fallback(said: dict[str, Any], row: int) -> dict[str, Any]:
    kind = said[f"fallback.{row}.kind"]
    found: dict[str, Any] = {"kind": kind}
    if value := said.get(f"fallback.{row}.value", ""):
        found[VALUE[kind]] = value
    lines = said.get(f"fallback.{row}.by_locale", "").splitlines()
    if kind == "text" and lines:
        pairs = (line.partition(":") for line in lines if line.strip())
        found["by_locale"] = {locale.strip(): text.strip() for locale, _, text in pairs}
    return found
