"""What people may type about budgets."""

from decimal import Decimal
from typing import Any

from django import forms

from aiops.budgets.limit import Limit
from aiops.budgets.models import Budget
from aiops.budgets.queries import budget_of
from aiops.features.models import Feature
from aiops.tenants.models import Tenant

KINDS = (
    ("hard", "Hard: what does not fit gets the feature’s fallback"),
    ("soft", "Soft: warns, and lets calls through"),
)
HUNDRED = Decimal(100)


class LimitForm(forms.Form):
    """How much, how hard."""

    amount = forms.DecimalField(
        label="Amount, USD",
        min_value=0,
        max_digits=13,
        decimal_places=4,
        help_text="For each day or month, in UTC.",
    )
    kind = forms.ChoiceField(
        choices=KINDS, widget=forms.RadioSelect, initial="hard", label="What happens at the end"
    )
    warn_at = forms.DecimalField(
        label="Warn from, percent",
        min_value=1,
        max_value=100,
        decimal_places=0,
        initial=80,
        help_text="From here on calls go to the cheaper model first, where a feature’s policy says so.",
    )
    reason = forms.CharField(max_length=1000, required=False, help_text="Stands in the audit.")

    @staticmethod
    def of(budget: Budget) -> dict[str, Any]:
        """Initial values that say what the budget says."""
        return {
            "amount": budget.amount.normalize().__format__("f"),
            "kind": "hard" if budget.hard else "soft",
            "warn_at": round(HUNDRED * budget.soft_share),
        }

    def limit(self) -> Limit:
        said = self.cleaned_data
        return Limit(said["amount"], said["kind"] == "hard", said["warn_at"] / HUNDRED)


class NewBudgetForm(LimitForm):
    """What it bounds: a tenant, a feature, both together, or everything."""

    tenant = forms.ModelChoiceField(
        Tenant.objects.all(), required=False, to_field_name="slug", empty_label="all tenants"
    )
    feature = forms.ModelChoiceField(
        Feature.objects.all(), required=False, to_field_name="slug", empty_label="all features"
    )
    period = forms.ChoiceField(choices=Budget.Kind.choices, initial="month")
    field_order = ("tenant", "feature", "period", "amount", "kind", "warn_at", "reason")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        tenant, feature = said.get("tenant"), said.get("feature")
        ids = (tenant.pk if tenant else None, feature.pk if feature else None)
        if not self.errors and (there := budget_of(*ids, said["period"])):
            self.add_error(None, f"There is a {there} already: change that one.")
        return said


class ReconcileForm(forms.Form):
    """What of a lost lease was really spent."""

    spent = forms.DecimalField(label="Really spent, USD", min_value=0, max_digits=20, decimal_places=10)
    reason = forms.CharField(label="How you know it", max_length=1000)
