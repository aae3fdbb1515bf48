"""A vector for somebody who waits at a page. Whoever keeps the budgets pays for it: `PAID_EMBEDDER`.

Apps below the budgets ask here; the setting names the function, so that imports go on falling.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from aiops.core.errors import AiopsError
from aiops.embeddings import queries
from aiops.embeddings.models import Space, Use
from aiops.embeddings.shaping import Unfit, Vector
from aiops.providers.errors import ProviderError

Embed = Callable[[Space, str, Sequence[str]], Sequence[Vector]]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """A text's vector, and in which space it is."""

    space: Space
    numbers: Vector


def vector(use: Use, feature: str, text: str) -> Known | None:
    """Of `text`, paid for by the feature (its slug); None: by hashing, or there is none to be had now."""
    space = queries.in_force(use)
    if space is None or space.dimensions is None:
        return None
    embed: Embed = import_string(settings.PAID_EMBEDDER)
    try:
        return Known(space, embed(space, feature, [text])[0])
    except (AiopsError, ProviderError, Unfit, OSError) as error:
        logger.warning("no vector for a page: %s", error)
        return None
