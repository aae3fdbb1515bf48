"""What people type about providers, models and prices."""

from decimal import Decimal
from typing import Any

from django import forms

from aiops.catalog import addresses
from aiops.catalog.models import MILLION, TOKEN_CLASSES, Model, Provider
from aiops.core import clock
from aiops.core.errors import InvalidInput

_LOCAL = "%Y-%m-%dT%H:%M"


class ProviderForm(forms.Form):
    """A provider that exists. A key is only ever written here, never shown."""

    name = forms.CharField(max_length=200)
    base_url = forms.CharField(
        label="Base URL",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
        help_text="With or without /v1. Requests, with the key, go there; redirects are not followed.",
    )
    api_key = forms.CharField(
        label="API key",
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Encrypted at rest, never shown again.",
    )
    max_concurrency = forms.IntegerField(
        label="Calls at once",
        min_value=1,
        max_value=1000,
        initial=16,
        help_text="Over all evaluations together.",
    )
    timeout_seconds = forms.IntegerField(
        label="Timeout in seconds",
        min_value=1,
        max_value=3600,
        initial=60,
        help_text="The longest silence; reasoning and cold local models need minutes.",
    )
    settings = forms.JSONField(
        required=False,
        initial=dict,
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"}),
        help_text="A JSON object, empty for most. What it may hold stands beside this form.",
    )

    def clean_base_url(self) -> str:
        url: str = self.cleaned_data["base_url"]
        try:
            return addresses.checked(url) if url.strip() else ""
        except InvalidInput as error:
            raise forms.ValidationError(str(error)) from None

    def clean_settings(self) -> dict[str, Any]:
        settings = self.cleaned_data["settings"] or {}
        if not isinstance(settings, dict):
            raise forms.ValidationError("Must be a JSON object, such as {}.")
        return settings


class EditProviderForm(ProviderForm):
    remove_key = forms.BooleanField(label="Take the key away", required=False)

    def __init__(self, *args: Any, provider: Provider, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hint, key_set = provider.api_key_hint, bool(provider.api_key_encrypted)
        ends = f", it ends in …{hint}" if hint else ""
        words = f"A key is set{ends}. Leave empty to keep it." if key_set else "No key is set."
        self.fields["api_key"].help_text = f"{words} Encrypted at rest, never shown again."
        if not key_set:
            del self.fields["remove_key"]
        if provider.is_simulated:
            for name in ("base_url", "api_key", "timeout_seconds"):
                del self.fields[name]

    @property
    def changes(self) -> dict[str, Any]:
        """For `actions.change_provider`."""
        values = dict(self.cleaned_data)
        typed, remove = values.pop("api_key", ""), values.pop("remove_key", False)
        return {**values, "api_key": typed or ("" if remove else None)}


class NewProviderForm(ProviderForm):
    slug = forms.SlugField(max_length=60, help_text="Short and lasting: exports and the audit name it so.")
    kind = forms.ChoiceField(choices=Provider.Kind.choices)
    field_order = ("kind", "name", "slug", "base_url", "api_key")


class ModelForm(forms.Form):
    """A model that exists."""

    name = forms.SlugField(max_length=100, help_text="Ours: prompts and rollouts name the model so.")
    vendor_name = forms.CharField(
        label="Vendor's name",
        max_length=200,
        strip=True,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
        help_text="What is sent as model; for Azure the name of the deployment.",
    )
    tier = forms.ChoiceField(
        choices=Model.Tier.choices, help_text="Small: cheap and quick. Large: for what small gets wrong."
    )
    context_tokens = forms.IntegerField(
        label="Context in tokens", min_value=1, max_value=100_000_000, initial=128_000
    )
    max_output_tokens = forms.IntegerField(
        label="Largest answer in tokens", min_value=1, max_value=10_000_000, initial=4096
    )


class NewModelForm(ModelForm):
    provider = forms.ModelChoiceField(Provider.objects.all(), to_field_name="slug", empty_label=None)
    field_order = ("provider", "vendor_name", "name")


class PriceForm(forms.Form):
    """USD per million tokens, as vendors publish it; `rates` are per token."""

    effective_at = forms.DateTimeField(
        label="In force from",
        required=False,
        input_formats=[_LOCAL, "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_LOCAL),
        help_text="Your time zone. Empty: now.",
    )
    source = forms.CharField(
        required=False, max_length=200, help_text="Where it stands: a page, a contract, an invoice."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in TOKEN_CLASSES.items():
            self.fields[name] = _rate_field(name, label)
        self.order_fields([*TOKEN_CLASSES, "source", "effective_at"])

    @property
    def rates(self) -> dict[str, Any]:
        """For `actions.set_price`: every class, the time, the source."""
        values = self.cleaned_data
        rates = {name: None if values[name] is None else values[name] / MILLION for name in TOKEN_CLASSES}
        return {**rates, "effective_at": values["effective_at"] or clock.now(), "source": values["source"]}


_STANDS_IN = {"cached_input": "input", "cache_write": "input", "reasoning": "output"}


def _rate_field(name: str, label: str) -> forms.DecimalField:
    other = _STANDS_IN.get(name)
    return forms.DecimalField(
        label=label,
        required=other is None,
        min_value=Decimal(0),
        max_value=Decimal(999_999),
        decimal_places=4,
        help_text=f"Empty: as {other}." if other else "",
    )


class PriceListForm(forms.Form):
    file = forms.FileField(
        label="Price list", help_text="JSON in the form of model_prices_and_context_window.json, up to 16 MB."
    )
    effective_at = forms.DateTimeField(
        label="In force from",
        required=False,
        input_formats=[_LOCAL, "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_LOCAL),
        help_text="Your time zone. Empty: now.",
    )
