"""Which embedder somebody chooses for a use."""

from collections.abc import Sequence
from typing import Any

from django import forms

from aiops.embeddings.models import Space
from aiops.embeddings.shaping import MOST
from aiops.gateway.embedding_words import Offer

HASHING, LOCAL = "hashing", "local"


class EmbedderForm(forms.Form):
    """`offers`: the models that may be asked, with what all texts cost at most."""

    embedder = forms.ChoiceField(label="Embedder")
    local_name = forms.CharField(
        label="Model of sentence-transformers",
        required=False,
        max_length=200,
        widget=forms.TextInput(
            attrs={"spellcheck": "false", "placeholder": "intfloat/multilingual-e5-small"}
        ),
        help_text="A name of the Hugging Face hub, or a folder. Only where that is chosen above.",
    )
    asked = forms.IntegerField(
        label="Numbers of a vector",
        required=False,
        min_value=1,
        max_value=MOST,
        help_text=f"Empty: as many as the model gives. An index holds {MOST:,}.",
    )
    cut = forms.BooleanField(
        label="Cut longer vectors here",
        required=False,
        help_text="For servers that do not shorten. It only suits models that are made for it.",
    )

    def __init__(self, *args: Any, offers: Sequence[Offer], hashing: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self._models = {str(offer.model.pk): offer.model for offer in offers}
        first = [] if hashing else [(HASHING, "Hashing: no model, no cost, words alone")]
        models = [(str(offer.model.pk), str(offer)) for offer in offers]
        here = [(LOCAL, "sentence-transformers, in our own processes")]
        self.fields["embedder"].choices = [*models, *here, *first]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("embedder") == LOCAL and not said.get("local_name", "").strip():
            self.add_error("local_name", "Say which model.")
        if said.get("cut") and not said.get("asked"):
            self.add_error("asked", "Say how many numbers are kept.")
        return said

    def wanted(self) -> Space | None:
        """The space that was chosen, not saved; None: hashing."""
        said = self.cleaned_data
        chosen = self._models.get(said["embedder"])
        if said["embedder"] == HASHING:
            return None
        facts = {"asked": said["asked"], "cut": said["cut"]}
        if chosen is not None:
            return Space(kind=Space.Kind.PROVIDER, model=chosen, **facts)
        return Space(kind=Space.Kind.LOCAL, local_name=said["local_name"].strip(), **facts)
