"""Questions unlike any before: further from all of them than nearly all of these are from each other.

Lexical, by the hashed vectors of `knowledge`: it sees other words, not other meanings. Loads numpy: for
workers. Questions are compared by their beginnings, which say what they are about.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiops.gateway.models import Call
from aiops.knowledge.vectors import vector
from aiops.reviews.masking import asked
from aiops.reviews.sampling.chance import chance
from aiops.reviews.sampling.reading import BEFORE, eligible

if TYPE_CHECKING:
    import numpy as np

KNOWN = 300  # questions that others are compared with
AMONG = 3_000  # the last calls that these are drawn from
LEAST = 100
STRANGE = 0.02  # of the known ones are further from the others than the limit
CHARACTERS = 400


def new_topics(feature: str, before: datetime, until: datetime) -> set[str]:
    """Ids of the calls of [before, until) that are unlike the feature's calls of the four weeks before."""
    known = _known(feature, before)
    if len(known) < LEAST:
        return set()
    rows = eligible(feature).filter(at__gte=before, at__lt=until).order_by()
    found = rows.values_list("id", "inputs", "messages").iterator(chunk_size=500)
    return strange(known, ((call, question(inputs, messages)) for call, inputs, messages in found))


def strange(known: Sequence[str], asking: Any) -> set[str]:
    """The ids of `asking`, pairs of id and text, whose text is unlike all of `known`."""
    import numpy as np  # noqa: PLC0415 - the page of settings does without it

    table = np.array([vector(text) for text in known])
    among = table @ table.T
    np.fill_diagonal(among, -1.0)
    limit = float(np.quantile(among.max(axis=1), STRANGE))
    return {call for call, text in asking if text and _nearest(table, text) < limit}


def question(inputs: Mapping[str, Any] | None, messages: Sequence[Sequence[Any]] | None) -> str:
    """The beginning of what was asked; the caller's longest text where there are several."""
    texts = [str(value) for value in asked(inputs, messages).values() if value]
    return max(texts, key=len, default="")[:CHARACTERS]


def _nearest(table: "np.ndarray[Any, Any]", text: str) -> float:
    return float((table @ vector(text)).max())


def _known(feature: str, before: datetime) -> list[str]:
    """Texts of some of the last calls, chosen by their ids alone."""
    rows = eligible(feature).filter(at__lt=before, at__gte=before - BEFORE)
    last = list(rows.order_by("-at").values_list("at", "id")[:AMONG])
    chosen = sorted(last, key=lambda key: chance(feature, key[1]))[:KNOWN]
    if not chosen:
        return []
    texts = Call.objects.filter(pk__in=chosen).order_by().values_list("inputs", "messages")
    return [text for inputs, messages in texts if (text := question(inputs, messages))]
