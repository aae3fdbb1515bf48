"""What is pasted into the test box of guardrails, and the change of a mode."""

from django import forms


def _text(label: str, rows: int, help_text: str = "", *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=50_000,
        help_text=help_text,
        strip=False,
        widget=forms.Textarea({"rows": rows, "class": "mono"}),
    )


class BoxForm(forms.Form):
    output = _text("Output", 6, required=True)
    input = _text("Input", 2, "For the language.")
    locale = forms.RegexField(r"^[A-Za-z0-9-]*$", max_length=35, required=False, label="Locale")
    passages = _text("Passages", 3, "For grounding and instructions: an empty line between two.")


class ModeForm(forms.Form):
    mode = forms.ChoiceField(choices=(("off", "Off"), ("observe", "Observe"), ("enforce", "Enforce")))
    note = forms.CharField(label="Why", max_length=1000, required=False)
    expected = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
