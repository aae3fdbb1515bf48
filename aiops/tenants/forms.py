"""What people type about tenants."""

from django import forms


class RenameForm(forms.Form):
    name = forms.CharField(max_length=200, help_text="As it stands on bills and charts.")


class TenantForm(RenameForm):
    slug = forms.SlugField(
        max_length=60, help_text="Short and lasting: applications and bills name the tenant by it."
    )
    field_order = ("slug", "name")
