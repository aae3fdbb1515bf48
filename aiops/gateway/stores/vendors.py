"""The port `Vendors`: open adapters, as the picture says."""

import asyncio
import base64
from collections.abc import Callable

from aiops.catalog import models as catalog
from aiops.catalog.connect import open_provider, open_vendor
from aiops.core.errors import AiopsError
from aiops.gateway.errors import ProviderFailed
from aiops.gateway.picture import Model, Picture, Provider
from aiops.providers.protocol import ChatProvider
from aiops.providers.retry import ONCE


class OpenVendors:
    """The port `Vendors`: one open adapter for each provider, opened anew when its settings change."""

    def __init__(self, picture: Callable[[], Picture | None]) -> None:
        self._picture = picture
        self._open: dict[str, tuple[Provider, ChatProvider]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def of(self, model: Model) -> ChatProvider:
        picture = self._picture()
        wanted = picture.providers.get(model.provider) if picture else None
        if wanted is None:
            raise ProviderFailed(f"There is no provider {model.provider}.")
        known = self._open.get(wanted.slug)
        if known and known[0] is wanted:
            return known[1]
        if known and known[0] == wanted:
            self._open[wanted.slug] = (wanted, known[1])
            return known[1]
        return self._opened(wanted, known[1] if known else None)

    def _opened(self, wanted: Provider, old: ChatProvider | None) -> ChatProvider:
        try:
            adapter = _adapter(wanted)
        except AiopsError as error:
            raise ProviderFailed(f"The provider {wanted.slug} cannot be used: {error}") from None
        self._open[wanted.slug] = (wanted, adapter)
        if old is not None:
            task = asyncio.create_task(_close_later(old))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        return adapter

    async def close(self) -> None:
        for _, adapter in self._open.values():
            await adapter.close()


async def _close_later(adapter: ChatProvider) -> None:
    await asyncio.sleep(60)  # calls under way still use it
    await adapter.close()


def _adapter(wanted: Provider) -> ChatProvider:
    """It tries once: the pipeline itself tries again, and pays for each try."""
    row = catalog.Provider(
        slug=wanted.slug,
        kind=wanted.kind,
        base_url=wanted.base_url,
        api_key_encrypted=base64.b64decode(wanted.sealed_key),
        max_concurrency=wanted.max_concurrency,
        timeout_seconds=wanted.timeout_seconds,
        settings=dict(wanted.settings),
    )
    return open_provider(row) if row.is_simulated else open_vendor(row, ONCE)
