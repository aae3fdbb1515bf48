"""What people may type about datasets and cases."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from aiops.core.errors import InvalidInput
from aiops.datasets import formats
from aiops.datasets.actions import values_of
from aiops.datasets.content import MAX_LABEL, MAX_LOCALE
from aiops.datasets.formats.strict_json import BadJson, decode
from aiops.datasets.models import Case
from aiops.features.models import Feature

MAX_UPLOAD = 50 * 2**20  # bytes; larger files go in by the command line
PREFIX = "input."


class DatasetForm(forms.Form):
    name = forms.CharField(
        max_length=100, help_text="Letters, digits, - and _. It stands in addresses and commands, and stays."
    )
    feature = forms.ModelChoiceField(Feature.objects.all(), required=False, empty_label="No feature")
    description = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text="What these cases stand for.",
    )


class SettingsForm(forms.Form):
    feature = forms.ModelChoiceField(Feature.objects.all(), required=False, empty_label="No feature")
    description = forms.CharField(required=False, max_length=2000, widget=forms.Textarea({"rows": 3}))
    scorers = forms.CharField(
        required=False,
        widget=forms.Textarea({"rows": 6, "class": "mono", "spellcheck": "false"}),
        help_text='Used where a run names none: a JSON list, as [{"type": "exact"}].',
    )

    def clean_scorers(self) -> Any:
        return _json(self.cleaned_data["scorers"], [])


class FreezeForm(forms.Form):
    note = forms.CharField(required=False, max_length=500, help_text="What is new in it.")


class UploadForm(forms.Form):
    file = forms.FileField(
        allow_empty_file=True,
        max_length=200,
        widget=forms.FileInput({"accept": ".jsonl,.ndjson,.json,.csv,.tsv,.yaml,.yml"}),
        help_text="JSON Lines, CSV or promptfoo YAML; up to 50 MB and 100,000 cases.",
        error_messages={"required": "Choose a file first."},
    )
    replace = forms.BooleanField(
        required=False,
        label="Remove the cases that the file lacks",
        help_text="Else they stay, and the file only adds and changes cases.",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_UPLOAD:
            raise forms.ValidationError(
                f"The file has {file.size / 2**20:,.0f} MB; a browser may send {MAX_UPLOAD // 2**20} MB. "
                "Import larger ones at a shell: python manage.py datasets import FILE --name NAME."
            )
        try:
            self.cleaned_data["format"] = formats.guess(file.name)
        except InvalidInput as error:
            raise forms.ValidationError(str(error)) from None
        return file


class CaseForm(forms.Form):
    """A case with a field for each input; what it holds is judged by the action."""

    expected_kind = forms.ChoiceField(
        choices=(("text", "Text"), ("json", "JSON"), ("none", "Nothing is expected")),
        widget=forms.RadioSelect,
        label="The expected output is",
        initial="text",
    )
    expected = forms.CharField(required=False, strip=False, widget=forms.Textarea({"rows": 4, "dir": "auto"}))
    category = forms.CharField(
        required=False,
        max_length=MAX_LABEL,
        widget=forms.TextInput({"list": "categories", "autocomplete": "off"}),
    )
    locale = forms.CharField(
        required=False,
        max_length=MAX_LOCALE,
        widget=forms.TextInput({"list": "locales", "autocomplete": "off"}),
        help_text="A language tag: en, ja, zh-Hans.",
    )
    tags = forms.CharField(required=False, help_text="Separated by commas.")
    must_pass = forms.BooleanField(
        required=False,
        label="Must pass",
        help_text="A version that fails this case is blocked, whatever the average.",
    )
    checks = forms.CharField(
        required=False,
        widget=forms.Textarea({"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text='For this case alone: [{"type": "contains", "value": "…"}]',
    )
    metadata = forms.CharField(
        required=False, widget=forms.Textarea({"rows": 3, "class": "mono", "spellcheck": "false"})
    )
    variable = forms.CharField(
        required=False, max_length=MAX_LABEL, label="One more input", help_text="The name of a variable."
    )
    value = forms.CharField(
        required=False, strip=False, label="Its text", widget=forms.Textarea({"rows": 2, "dir": "auto"})
    )

    def __init__(self, *args: Any, variables: Iterable[str], with_id: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = [name.removeprefix(PREFIX) for name in self.data if name.startswith(PREFIX)]
        self.variables = list(dict.fromkeys(asked or variables))
        own: dict[str, forms.Field] = {}
        if with_id:
            own["id"] = forms.CharField(
                max_length=MAX_LABEL, label="Id", help_text="Its own for ever: imports find the case by it."
            )
        for name in self.variables:
            own[PREFIX + name] = forms.CharField(
                label=name,
                required=False,
                strip=False,
                widget=forms.Textarea({"rows": 4, "dir": "auto"}),
            )
        self.fields = {**own, **self.fields}

    @property
    def inputs(self) -> list[forms.BoundField]:
        return [self[PREFIX + name] for name in self.variables]

    def clean_checks(self) -> Any:
        return _json(self.cleaned_data["checks"], [])

    def clean_metadata(self) -> Any:
        return _json(self.cleaned_data["metadata"], {})

    def clean_tags(self) -> Any:
        if self.cleaned_data["tags"].startswith("["):  # for tags that hold a comma
            return _json(self.cleaned_data["tags"], [])
        return list(dict.fromkeys(t.strip() for t in self.cleaned_data["tags"].split(",") if t.strip()))

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or self.cleaned_data)
        if cleaned.get("expected_kind") == "json":
            try:
                cleaned["expected"] = decode(cleaned.get("expected", "").strip())
            except BadJson as error:
                self.add_error("expected", str(error))
        return cleaned

    def values(self, before: Case | None = None) -> dict[str, Any]:
        """The object of a JSON line. Line ends that a browser rewrote are those of `before` again."""
        data = self.cleaned_data
        was = before.inputs if before else {}
        inputs = {name: _typed(data[PREFIX + name], was.get(name)) for name in self.variables}
        if data["variable"]:
            inputs[data["variable"]] = _typed(data["value"], None)
        expected = None if data["expected_kind"] == "none" else data["expected"]
        if isinstance(expected, str) and data["expected_kind"] == "text":
            expected = _typed(expected, before.expected if before else None)
        plain = {
            name: data[name] for name in ("category", "locale", "tags", "must_pass", "checks", "metadata")
        }
        return {"id": data.get("id"), "inputs": inputs, "expected": expected, **plain}


def initial_of(case: Case) -> dict[str, Any]:
    """What a form on `case` says at first."""
    values: Mapping[str, Any] = values_of(case)
    expected = case.expected
    kind = "none" if expected is None else ("text" if isinstance(expected, str) else "json")
    return {
        **{name: values[name] for name in ("category", "locale", "must_pass")},
        **{PREFIX + name: text for name, text in case.inputs.items()},
        "tags": _pretty(case.tags) if "," in "".join(case.tags) else ", ".join(case.tags),
        "expected_kind": kind,
        "expected": expected if kind == "text" else ("" if kind == "none" else _pretty(expected)),
        "checks": _pretty(case.checks) if case.checks else "",
        "metadata": _pretty(case.metadata) if case.metadata else "",
    }


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _json(text: str, otherwise: Any) -> Any:
    if not text.strip():
        return otherwise
    try:
        return decode(text.strip())
    except BadJson as error:
        raise forms.ValidationError(str(error)) from None


def _typed(text: str, before: Any) -> str:
    """What a person typed; a browser sends every line end as two characters."""
    plain = text.replace("\r\n", "\n")
    if isinstance(before, str) and before.replace("\r\n", "\n").replace("\r", "\n") == plain.replace(
        "\r", "\n"
    ):
        return before
    return plain
