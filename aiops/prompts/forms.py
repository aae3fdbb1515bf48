"""What people may type about prompts."""

from typing import Any

from django import forms

from aiops.features.models import Feature
from aiops.prompts.models import Prompt
from aiops.prompts.shape import MAX_SOURCE_BYTES

FILE_HELP = (
    "A .prompt file, or a prompt file of promptfoo (.txt, or a chat in .json or .yaml). "
    "Or leave it and write here next."
)


class PromptFilter(forms.Form):
    """What the list is narrowed to; all in the URL."""

    text = forms.CharField(required=False)
    feature = forms.SlugField(required=False)
    label = forms.SlugField(required=False)


class NewPromptForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        help_text="Lower-case letters, digits, '-' and '_'. Applications name it: it never changes.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    description = forms.CharField(max_length=5000, required=False, widget=forms.Textarea({"rows": 2}))
    feature = forms.ModelChoiceField(
        Feature.objects.all(), required=False, to_field_name="slug", empty_label="None"
    )
    file = forms.FileField(required=False, help_text=FILE_HELP)

    def clean_file(self) -> Any:
        """A file past the limit is refused before it is read."""
        file = self.cleaned_data.get("file")
        if file and file.size > MAX_SOURCE_BYTES:
            raise forms.ValidationError(
                f"The file has {file.size:,} bytes, at most {MAX_SOURCE_BYTES:,} fit."
            )
        return file


class VersionForm(forms.Form):
    source = forms.CharField(
        strip=False,
        label="Prompt file",
        widget=forms.Textarea(
            {
                "rows": 26,
                "class": "mono",
                "spellcheck": "false",
                "autocapitalize": "off",
                "autocomplete": "off",
            }
        ),
    )
    note = forms.CharField(
        max_length=5000,
        required=False,
        label="What changed, and why",
        widget=forms.Textarea({"rows": 2}),
        help_text="Stands in the list of versions, like a commit's message.",
    )
    based_on = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class LabelForm(forms.Form):
    name = forms.SlugField(max_length=60, label="Label")
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    expected = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    reason = forms.CharField(max_length=1000, required=False, widget=forms.Textarea({"rows": 2}))


class PreviewForm(forms.Form):
    """One field per declared variable, named `input.<variable>`."""

    def __init__(self, variables: dict[str, dict[str, Any]], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, facts in variables.items():
            self.fields[f"input.{name}"] = _input_field(name, facts)

    def inputs(self) -> dict[str, str]:
        """What was typed, by variable; what was left empty and has a default is left to it."""
        typed = {name.removeprefix("input."): self[name].value() for name in self.fields}
        return {
            name: str(text).replace("\r\n", "\n")
            for name, text in typed.items()
            if text or (text is not None and self.fields[f"input.{name}"].required)
        }


def _input_field(name: str, facts: dict[str, Any]) -> forms.Field:
    options: dict[str, Any] = {
        "label": name,
        "required": "default" not in facts,
        "help_text": facts.get("description", ""),
        "strip": False,
    }
    if "default" in facts:
        options["help_text"] += f" Left empty: {facts['default']!r}."
    short = facts["type"] != "string" or "enum" in facts or "default" in facts
    widget = forms.TextInput() if short else forms.Textarea({"rows": 5})
    return forms.CharField(widget=widget, **options)


def scaffold(prompt: Prompt) -> str:
    """What a first version begins with."""
    return (
        f"---\nname: {prompt.name}\nparameters: {{temperature: 0.2, max_tokens: 300}}\n"
        "variables:\n  text: {type: string, max_length: 20000}\n---\n"
        "<<<system>>>\nSay in one sentence what the text is about, in the language of the text.\n"
        "<<<user>>>\n{{ text }}\n"
    )
