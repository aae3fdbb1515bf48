"""What people may type about a feature."""

from django import forms

SLUG_HELP = (
    "Lower-case letters, digits, '-' and '_'. Applications call the feature by it, so it stays for ever."
)


class FeatureForm(forms.Form):
    name = forms.CharField(max_length=200)
    description = forms.CharField(
        max_length=5000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text="What it does, and for whom.",
    )


class NewFeatureForm(FeatureForm):
    field_order = ("slug", "name", "description")
    slug = forms.CharField(
        max_length=60, help_text=SLUG_HELP, widget=forms.TextInput({"autocomplete": "off"})
    )
