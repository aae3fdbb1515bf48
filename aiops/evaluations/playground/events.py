"""A play as server-sent events: `data:` lines with one JSON object each."""

import json
from collections.abc import Generator, Iterator
from typing import Any

from aiops.evaluations.playground.streaming import Ended, Event, Piece, Play
from aiops.evaluations.playground.words import pretty, took


class Written:
    """The bytes of a play. Closed by the server at its end, or once the browser is gone."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._lines = self._write()

    def __iter__(self) -> Iterator[bytes]:
        return self._lines

    def close(self) -> None:
        self._lines.close()
        self._play.close()

    def _write(self) -> Generator[bytes, None, None]:
        calls = [{"id": call.pk, "model": call.model.name} for call in self._play.calls]
        yield _line({"trial": self._play.trial.pk, "calls": calls})
        for event in self._play:
            yield _written(event)
        yield _line({"end": True})


def _written(event: Event) -> bytes:
    if isinstance(event, Piece):
        return _line({"call": event.call.pk, "text": event.text})
    if isinstance(event, Ended):
        call = event.call
        return _line(
            {
                "call": call.pk,
                "state": call.get_state_display(),
                "output": pretty(call.output),
                "error": call.error,
                "took": took(call),
            }
        )
    return b":\n\n"  # a comment: nothing for the page, but a write that fails once nobody reads


def _line(event: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()
