"""What has to be embedded for each use, and what happens where its vectors are switched."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aiops.embeddings.models import Space, Use
from aiops.embeddings.shaping import Vector
from aiops.gateway.reembedding import questions, training
from aiops.gateway.reembedding.paying import Text
from aiops.knowledge import spaces

Made = Sequence[tuple[Text, Vector]]


class Target(Protocol):
    """What is stored for a use. Places are whatever it orders its texts by."""

    START: Any

    def count(self) -> int:
        """Of all texts."""
        ...

    def size(self) -> int:
        """Bytes of all texts, as far as models read them: no model makes more tokens of them."""
        ...

    def counted(self, space: int) -> int:
        """Of those that have a vector in the space."""
        ...

    def missing(self, space: int, after: Any, most: int) -> list[Text]:
        """The first texts past the place `after` that have none."""
        ...

    def write(self, space: int, made: Made) -> None:
        """Store vectors, each once. A text that has gone meanwhile is left out."""
        ...

    def caught_up(self, space: int, made: Made) -> None:
        """The same, while searches go by the space: what came later gets its vector too."""
        ...

    def prepare(self, space: Space) -> None:
        """All texts have a vector: make what searching needs. Outside a transaction."""
        ...

    def lock(self) -> None:
        """No text comes until the transaction ends, where none may be missed."""
        ...

    def switched(self, space: Space | None) -> None:
        """From the end of the transaction on searches go by the space."""
        ...

    def drop_but(self, kept: Sequence[int], most: int) -> None:
        """Remove vectors of other spaces."""
        ...


class Knowledge:
    """Chunks. None may be missing when searches are switched: so none comes in that moment."""

    START = 0

    def count(self) -> int:
        return spaces.count()

    def size(self) -> int:
        return spaces.size()

    def counted(self, space: int) -> int:
        return spaces.counted(space)

    def missing(self, space: int, after: int, most: int) -> list[Text]:
        return [Text(one.chunk, one.feature, one.text) for one in spaces.missing(space, after, most)]

    def write(self, space: int, made: Made) -> None:
        spaces.write(space, [(text.key, vector) for text, vector in made])

    def caught_up(self, space: int, made: Made) -> None:
        """Answers of before were made without these chunks' vectors: the features' revisions rise."""
        if features := spaces.write(space, [(text.key, vector) for text, vector in made]):
            spaces.changed(sorted(features))

    def prepare(self, space: Space) -> None:
        spaces.index(space)
        Space.objects.filter(pk=space.pk).update(alike=spaces.unrelated(space.pk))

    def lock(self) -> None:
        spaces.lock()

    def switched(self, space: Space | None) -> None:  # noqa: ARG002 - whichever it is
        spaces.all_changed()

    def drop_but(self, kept: Sequence[int], most: int) -> None:
        spaces.drop_but(kept, most)


class Nothing:
    """Answers are checked as they come: there is nothing to make anew."""

    START = 0

    def count(self) -> int:
        return 0

    def size(self) -> int:
        return 0

    def counted(self, space: int) -> int:  # noqa: ARG002 - as the class says, here and below
        return 0

    def missing(self, space: int, after: Any, most: int) -> list[Text]:  # noqa: ARG002 - as the class says
        return []

    def write(self, space: int, made: Made) -> None: ...

    def caught_up(self, space: int, made: Made) -> None: ...

    def prepare(self, space: Space) -> None: ...

    def lock(self) -> None: ...

    def switched(self, space: Space | None) -> None: ...

    def drop_but(self, kept: Sequence[int], most: int) -> None: ...


TARGETS: Mapping[str, Target] = {
    Use.KNOWLEDGE: Knowledge(),
    Use.CACHE: questions.Questions(),
    Use.ROUTER: training.Training(),
    Use.GROUNDING: Nothing(),
}
