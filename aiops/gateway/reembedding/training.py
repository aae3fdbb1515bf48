"""What routers learn from, in another space. Those in force go on as they are until trained again."""

from collections.abc import Iterator, Sequence

from django.db import transaction

from aiops.approaches.models import RouterVersion
from aiops.approaches.reading import text_of
from aiops.core.errors import Conflict, InvalidInput
from aiops.core.tasks import enqueue
from aiops.datasets.queries import cases_of
from aiops.embeddings import texts
from aiops.embeddings.models import Space
from aiops.embeddings.shaping import Unfit, Vector
from aiops.gateway.reembedding import paying
from aiops.gateway.reembedding.paying import Text
from aiops.providers.errors import ProviderError

Made = Sequence[tuple[Text, Vector]]
PART = paying.TEXTS * paying.AT_ONCE  # texts that are asked for between two writes
RETRAIN = "evaluations.retrain_routers"


class Training:
    """A `Target`: the cases of each feature's newest router. Its places are the cases' numbers."""

    START = 0

    def count(self) -> int:
        return len({digest for digest, _ in _all()})

    def size(self) -> int:
        return sum(len(text.text.encode(errors="replace")) for text in dict(_all()).values())

    def counted(self, space: int) -> int:
        return len(texts.known(space, [digest for digest, _ in _all()]))

    def missing(self, space: int, after: int, most: int) -> list[Text]:  # noqa: ARG002 - a few thousand in all
        known = texts.known(space, [digest for digest, _ in _all()])
        lacking = {digest: text for digest, text in _all() if digest not in known}
        return list(lacking.values())[:most]

    def write(self, space: int, made: Made) -> None:
        texts.keep(space, [(text.text, vector) for text, vector in made])

    def caught_up(self, space: int, made: Made) -> None:
        self.write(space, made)

    def prepare(self, space: Space) -> None:
        """They are read by their texts."""

    def lock(self) -> None:
        """A text that is missed is embedded when a router is trained."""

    def switched(self, space: Space | None) -> None:  # noqa: ARG002 - whichever it is
        """Thresholds are of what a router was trained with: each is trained again, for people to turn on."""
        with transaction.atomic():
            enqueue(RETRAIN, hint=True)

    def drop_but(self, kept: Sequence[int], most: int) -> None:
        texts.drop_but(kept, most)


def kept_vectors(space: Space, feature: str, wanted: Sequence[str]) -> list[Vector]:
    """A vector for each text: those that are kept, the others asked for, paid by the feature, and kept.

    Raises InvalidInput where the model can't be asked.
    """
    lacking = {texts.digest(text): text for text in wanted}
    for digest in texts.known(space.pk, lacking):
        del lacking[digest]
    left = list(lacking.values())
    try:
        for at in range(0, len(left), PART):
            part = left[at : at + PART]
            texts.keep(space.pk, zip(part, paying.at_once(space, feature, part), strict=True))
    except (ProviderError, Unfit, Conflict) as error:
        raise InvalidInput(f"{space.maker} gives no vectors: {error}") from error
    found = texts.found(space.pk, {texts.digest(text) for text in wanted})
    return [found[texts.digest(text)] for text in wanted]


def _all() -> Iterator[tuple[bytes, Text]]:
    newest = RouterVersion.objects.select_related("feature", "dataset_version").order_by(
        "feature_id", "-number"
    )
    for router in newest.distinct("feature_id").defer("weights"):
        for pk, inputs in cases_of(router.dataset_version).values_list("pk", "inputs"):
            text = text_of(inputs)
            yield texts.digest(text), Text(pk, router.feature.slug, text)
