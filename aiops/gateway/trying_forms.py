"""What people may type to send a call: what the feature's approach asks for, and whom it is for."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from aiops.deployments.models import Deployment
from aiops.features.models import Feature
from aiops.gateway.models import Call
from aiops.gateway.trying import Asked
from aiops.tenants.models import INTERNAL, Tenant

INPUT = "input."
MORE = ("locale", "user", "category")
LONGEST = 100_000  # characters of one input


class TryForm(forms.Form):
    """A field for each declared variable ("input.ticket"), or one for a message."""

    tenant = forms.ModelChoiceField(
        Tenant.objects.none(),
        to_field_name="slug",
        empty_label=None,
        label="Charged to",
        help_text="Its flags, limits and budgets count, and its cached answers.",
    )
    locale = forms.RegexField(r"^[A-Za-z0-9-]*$", max_length=35, required=False, help_text="Such as ja.")
    user = forms.CharField(
        max_length=200, required=False, help_text="Decides the arm while a candidate is tried on a share."
    )
    category = forms.CharField(max_length=200, required=False, help_text="Empty: unknown.")

    def __init__(
        self, data: Any = None, *, deployment: Deployment, any_tenant: bool, call: Call | None = None
    ) -> None:
        super().__init__(data, initial=_as_sent(call) if call else {"tenant": INTERNAL})
        self.shape = shape_of(deployment)
        self.variables = _variables(deployment)
        tenants = Tenant.objects.all() if any_tenant else Tenant.objects.filter(slug=INTERNAL)
        self.fields["tenant"].queryset = tenants  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields = {**self._asked(), **self.fields}

    def usual(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name not in MORE]

    def more(self) -> list[BoundField]:
        """What is folded away."""
        return [self[name] for name in MORE]

    def wants_more(self) -> bool:
        """Whether something of it is said, or wrong."""
        return any(self[name].value() or self[name].errors for name in MORE)

    def asked(self, feature: Feature, by: str) -> Asked:
        """What is to be sent, once the form is valid. What was left empty has its default."""
        said = self.cleaned_data
        inputs = {name: said[f"{INPUT}{name}"] for name in self.variables if said.get(f"{INPUT}{name}")}
        return Asked(
            feature=feature.slug,
            tenant=said["tenant"].slug,
            shape=self.shape,
            by=by,
            inputs=inputs,
            system=said.get("system", ""),
            message=said.get("message", ""),
            user=said["user"],
            locale=said["locale"],
            category=said["category"],
        )

    def _asked(self) -> dict[str, forms.Field]:
        if self.shape == "inputs":
            return {f"{INPUT}{name}": _input(name, facts) for name, facts in self.variables.items()}
        message = _long("Text" if self.shape == "embedding" else "Message")
        system = {"system": _long("System message", required=False)} if self.shape == "message" else {}
        return {**system, "message": message}


def shape_of(deployment: Deployment) -> str:
    """What a call of the feature is made of: "inputs", "message" or "embedding"."""
    if deployment.feature.kind == Feature.Kind.EMBEDDING:
        return "embedding"
    return "inputs" if deployment.stable.version else "message"


def _variables(deployment: Deployment) -> Mapping[str, Mapping[str, Any]]:
    return deployment.stable.version.variables if deployment.stable.version else {}


def _input(name: str, facts: Mapping[str, Any]) -> forms.Field:
    default = facts.get("default")
    said = f"Empty: {default}." if default not in (None, "") else ""
    longest = min(int(facts.get("max_length") or LONGEST), LONGEST)
    return _long(name, required=default is None, longest=longest, said=said, rows=4 if longest > 200 else 1)


def _long(
    label: str, *, required: bool = True, longest: int = LONGEST, said: str = "", rows: int = 4
) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=longest,
        strip=False,
        help_text=said,
        widget=forms.Textarea({"rows": rows}),
    )


def _as_sent(call: Call) -> dict[str, Any]:
    """What an earlier call was sent with, as far as its record keeps it."""
    inputs = {f"{INPUT}{name}": value for name, value in (call.inputs or {}).items()}
    users = [content for role, content in call.messages or [] if role == "user"]
    category = "" if call.category == "unknown" else call.category
    told = {"tenant": call.tenant, "user": call.user, "locale": call.locale, "category": category}
    return {**inputs, **({"message": users[-1]} if users and not inputs else {}), **told}
