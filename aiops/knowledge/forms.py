"""What may be typed about a feature's documents."""

from typing import Any

from django import forms

from aiops.knowledge.reading import LARGEST, READERS, File
from aiops.tenants.models import Tenant

MOST = 60_000_000  # bytes of one upload


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """All files that were chosen."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        chosen = data if isinstance(data, (list, tuple)) else [data]
        return [super(ManyFilesField, self).clean(one, initial) for one in chosen]


class LoadForm(forms.Form):
    """Files for a source; the source is made where there is none."""

    documents = ManyFilesField(
        help_text=f"{', '.join(sorted(READERS))}; up to {LARGEST // 1_000_000} MB each.",
        widget=ManyFilesInput(attrs={"accept": ",".join(sorted(READERS))}),
    )
    source = forms.CharField(max_length=200, initial="Uploads", help_text="Where they come from.")
    tenant = forms.ModelChoiceField(
        Tenant.objects.order_by("slug"),
        required=False,
        empty_label="All tenants",
        help_text="A tenant's documents are shown to nobody else.",
        label="Who may be shown them",
    )

    def clean_documents(self) -> list[File]:
        chosen = self.cleaned_data["documents"]
        if sum(one.size for one in chosen) > MOST:
            raise forms.ValidationError(f"Together they have more than {MOST // 1_000_000} MB.")
        return [File(one.name, one.read()) for one in chosen]
