"""A model turns texts into vectors: in time, each try paid for, as for any other answer."""

import asyncio

from aiops.gateway.errors import InvalidRequest
from aiops.gateway.messages import Call, Handler, Reply
from aiops.gateway.stages.approach import Approach, Tried
from aiops.providers.errors import Unsupported
from aiops.providers.protocol import EmbeddingProvider, EmbedRequest


class Embedding(Approach):
    name = "embedding"

    async def __call__(self, call: Call, onward: Handler) -> Reply:  # noqa: ARG002 - the innermost stage
        return await self.by_model(call)

    async def ask(self, tried: Tried) -> Reply:
        call, model = tried.call, tried.model
        provider = self.world.vendors.of(model)
        if not isinstance(provider, EmbeddingProvider):
            raise Unsupported(f"The provider {model.provider} has no embeddings.")
        wanted = call.parameters.dimensions
        request = EmbedRequest(model.vendor_name, tuple(one.content for one in call.rendered), wanted)
        remaining = call.deadline - asyncio.get_running_loop().time()
        reply = await provider.embed(request, timeout=remaining)
        tried.billed(reply.usage)
        if wanted is not None and len(reply.vectors[0]) != wanted:
            raise InvalidRequest(f"dimensions: {model.name} has {len(reply.vectors[0])}.", param="dimensions")
        return Reply("answered", model=model.name, usage=reply.usage, vectors=reply.vectors)
