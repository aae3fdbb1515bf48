"""The port `Library`."""

from collections.abc import Sequence

from aiops.gateway.messages import Call, Passage


class NoLibrary:
    """The port `Library` of features without documents."""

    async def search(self, call: Call, question: str, most: int) -> Sequence[Passage]:  # noqa: ARG002 - there are none
        return ()
