"""From a desk to a play: planned, seated, written down."""

from collections.abc import Mapping

from aiops.accounts.models import User
from aiops.evaluations.playground import asking, recording, seats
from aiops.evaluations.playground.desk import Desk, plain
from aiops.evaluations.playground.streaming import Play


def started(*, by: User, desk: Desk, inputs: Mapping[str, str]) -> Play:
    """A play that has begun on paper; iterating it sends the calls. Whoever gets it closes it.

    Raises InvalidInput where the draft, an input or a model will not do, Conflict where there is no seat.
    """
    version = desk.version()
    case = desk.case if desk.same_as_case(inputs) else None
    planned = asking.plan(version, inputs, desk.models)
    seat = seats.take(by)
    try:
        trial, calls = recording.begin(
            by=by,
            prompt=desk.prompt,
            version=desk.begun,
            draft=plain(desk.source) if desk.changed else "",
            inputs=inputs,
            case=case,
            planned=planned,
        )
    except BaseException:
        seat.give_back()
        raise
    return Play(trial, version, list(zip(calls, planned, strict=True)), seat)
