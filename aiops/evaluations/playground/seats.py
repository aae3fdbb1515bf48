"""Who may have a trial under way: a bound for this process's threads, and one for each person."""

import threading
from datetime import timedelta

from aiops.accounts.models import User
from aiops.core import clock
from aiops.core.errors import Conflict
from aiops.evaluations.models import PlaygroundCall
from aiops.evaluations.playground.limits import limits

_lock = threading.Lock()
_taken = 0


class Seat:
    """One of the process's seats, until it is given back; giving it back twice does nothing."""

    def __init__(self) -> None:
        self._mine = True

    def give_back(self) -> None:
        global _taken  # noqa: PLW0603 - counts for the whole process
        with _lock:
            if self._mine:
                self._mine = False
                _taken -= 1


def take(user: User) -> Seat:
    """A seat for a trial of `user`. Raises Conflict, in words, where all are taken or the person has their
    share.
    """
    global _taken  # noqa: PLW0603 - counts for the whole process
    if _under_way(user) >= limits().per_person:
        raise Conflict("Two of your trials are still being answered: wait for them, or stop one.")
    with _lock:
        if _taken >= limits().seats:
            raise Conflict("The playground is busy: others are being answered. Try again in a moment.")
        _taken += 1
    return Seat()


def _under_way(user: User) -> int:
    """A call that never ended, since its process did, counts no longer than an answer may take."""
    since = clock.now() - timedelta(seconds=limits().longest + 10)
    running = PlaygroundCall.objects.filter(
        state=PlaygroundCall.State.RUNNING, started_at__gt=since, trial__created_by=user
    )
    return running.values("trial_id").distinct().count()
