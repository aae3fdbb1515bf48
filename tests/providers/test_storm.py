"""Every fault at once, many calls at once: each call ends, in time, with an answer or an error in words."""

import asyncio

from aiops.providers.errors import ProviderError
from aiops.providers.openai_compatible import OpenAICompatible
from tests.providers.conftest import QUICK, request_of

FAULTS = (
    *("", "429:0", "500", "reset", "", "html", "truncated", "stall", "usage:none", "400", "late:0.05"),
    *("", "empty", "list", "redirect:http://127.0.0.1:9", "503:long", "gzip", "null"),
)


def test_storm_of_faults_ends_every_call_and_leaks_no_connection(server):
    server.script(*(FAULTS * 20))

    async def one(adapter):
        try:
            return (await adapter.chat(request_of(), timeout=3)).text
        except ProviderError as error:
            return error

    async def storm():
        adapter = OpenAICompatible(base_url=server.base_url, concurrency=20, read_timeout=0.3, policy=QUICK)
        got = await asyncio.gather(*(one(adapter) for _ in range(200)))
        server.clear_script()
        calm = await asyncio.gather(*(one(adapter) for _ in range(40)))
        await adapter.close()
        return got, calm

    got, calm = asyncio.run(storm())
    assert all(isinstance(answer, str) or answer.message for answer in got)
    assert sum(isinstance(answer, str) for answer in got) > 40
    assert calm == ["Guten Tag"] * 40
    assert server.most_open <= 21


def test_call_that_is_cancelled_gives_its_place_back(server):
    server.script("stall")

    async def run():
        adapter = OpenAICompatible(base_url=server.base_url, concurrency=1, policy=QUICK)
        task = asyncio.create_task(adapter.chat(request_of(), timeout=5))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        reply = await adapter.chat(request_of(), timeout=5)
        await adapter.close()
        return task.cancelled(), reply.text

    assert asyncio.run(run()) == (True, "Guten Tag")
