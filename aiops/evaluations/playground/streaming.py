"""The calls of a trial side by side, in the one thread of the request that asks for them (docs/adr/0050).

An event loop runs for as long as it takes to gather the next pieces, then stands still while they are
written to the browser. Whoever closes the play, as the server does when the browser is gone, ends its calls.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from dataclasses import dataclass

from aiops.catalog.connect import open_provider
from aiops.evaluations.models import PlaygroundCall, Trial
from aiops.evaluations.playground import judging, recording, seats
from aiops.evaluations.playground.asking import Planned
from aiops.evaluations.playground.limits import limits
from aiops.evaluations.playground.recording import Heard
from aiops.prompts.models import Version
from aiops.providers.errors import BadReply, Timeout
from aiops.providers.protocol import ChatPiece


@dataclass(frozen=True, slots=True)
class Piece:
    """More of an answer's text."""

    call: PlaygroundCall
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over, and its row says how."""

    call: PlaygroundCall


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing came for a moment: written out, it shows whether the browser is still there."""


Event = Piece | Ended | Silence


class Play:
    """A trial under way. Iterating answers it; `close` cuts off what is left and gives the seat back."""

    def __init__(
        self,
        trial: Trial,
        version: Version,
        calls: Sequence[tuple[PlaygroundCall, Planned]],
        seat: seats.Seat,
    ) -> None:
        self.trial = trial
        self.calls = [call for call, _ in calls]
        self._version = version
        self._planned = [planned for _, planned in calls]
        self._heard = [Heard() for _ in calls]
        self._open = set(range(len(calls)))
        self._seat = seat
        self._events = self._run()

    def __iter__(self) -> Iterator[Event]:
        return self._events

    def close(self) -> None:
        """End it. Calls under way are cut off, and kept as stopped."""
        self._events.close()
        self._end_all()  # also where nobody ever began to iterate
        self._seat.give_back()

    def _run(self) -> Generator[Event, None, None]:
        try:
            with asyncio.Runner() as runner:
                queue: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
                tasks = runner.run(self._start(queue))
                try:
                    while self._open:
                        yield from self._events_of(runner.run(_gathered(queue)))
                finally:
                    runner.run(_cancelled(tasks))
        finally:
            self._end_all()
            self._seat.give_back()

    async def _start(self, queue: asyncio.Queue[tuple[int, str]]) -> list[asyncio.Task[None]]:
        return [
            asyncio.create_task(_listen(number, planned, self._heard[number], queue))
            for number, planned in enumerate(self._planned)
        ]

    def _events_of(self, pieces: dict[int, str]) -> Iterator[Event]:
        for number, text in pieces.items():
            if text:
                yield Piece(self.calls[number], text)
            if number in self._open and self._heard[number].over:
                self._end(number)
                yield Ended(self.calls[number])
        if not pieces:
            yield Silence()

    def _end(self, number: int) -> None:
        self._open.discard(number)
        heard, case = self._heard[number], self.trial.case
        scores = judging.scores_of(heard.reply.text, case, self._version) if heard.reply and case else []
        recording.end(self.calls[number], heard, scores)

    def _end_all(self) -> None:
        for number in sorted(self._open):
            self._end(number)


async def _gathered(queue: asyncio.Queue[tuple[int, str]]) -> dict[int, str]:
    """The text that comes next, by the call's number; empty after a moment of silence."""
    try:
        async with asyncio.timeout(limits().tick):
            found = [await queue.get()]
    except TimeoutError:
        return {}
    await asyncio.sleep(limits().gather)
    while not queue.empty():
        found.append(queue.get_nowait())
    texts: dict[int, str] = {}
    for number, text in found:
        texts[number] = texts.get(number, "") + text
    return texts


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(number: int, planned: Planned, heard: Heard, queue: asyncio.Queue[tuple[int, str]]) -> None:
    """Fill `heard`, and say so in the queue: with each piece, and at the end."""
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(limits().longest):
            async for piece in _pieces(planned):
                if heard.first_ms is None:
                    heard.first_ms = (time.perf_counter() - begun) * 1000
                heard.text += piece.text
                heard.reply = piece.reply
                queue.put_nowait((number, piece.text))
        if heard.reply is None:
            heard.error = BadReply("The stream ended without an answer.")
    except TimeoutError:
        heard.error = Timeout(f"The answer took longer than {limits().longest:g} s.")
    except Exception as error:  # noqa: BLE001 - a column keeps its error, and stops no other
        heard.error = error
    stated = heard.reply.latency_ms if heard.reply else None
    heard.latency_ms = (time.perf_counter() - begun) * 1000 if stated is None else stated
    queue.put_nowait((number, ""))


async def _pieces(planned: Planned) -> AsyncIterator[ChatPiece]:
    row = planned.model.provider
    provider = open_provider(row)
    try:
        async for piece in provider.stream(planned.request, timeout=row.timeout_seconds):
            yield piece
    finally:
        await provider.close()
