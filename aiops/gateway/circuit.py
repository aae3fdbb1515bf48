"""Providers that fail again and again are left alone for a while: calls turn to other models at once."""

from collections.abc import Callable
from dataclasses import dataclass

from aiops.providers.errors import ProviderError, RateLimited, Refused

FAILURES = 5  # in a row
PAUSE = 5.0  # seconds, doubled each time that the first call afterwards fails too
LONGEST = 60.0


@dataclass(slots=True)
class _State:
    failures: int = 0
    until: float = 0.0
    pause: float = PAUSE
    trying: bool = False  # the one call that may find out whether the provider is back


class Circuits:
    """One breaker for each provider, in this process. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._states: dict[str, _State] = {}

    def closed(self, provider: str) -> bool:
        """Whether a call may go there; after a pause that is one call at first."""
        state = self._states.get(provider)
        if state is None or not state.until:
            return True
        if self._clock() < state.until or state.trying:
            return False
        state.trying = True
        return True

    def worked(self, provider: str) -> None:
        self._states.pop(provider, None)

    def failed(self, provider: str, error: ProviderError) -> None:
        """Count a failure that is the provider's; a request that it does not accept is ours."""
        if isinstance(error, (Refused, RateLimited)):
            self.released(provider)
            return
        state = self._states.setdefault(provider, _State())
        state.failures += 1
        if state.trying:
            state.trying, state.pause = False, min(2 * state.pause, LONGEST)
            state.until = self._clock() + state.pause
        elif state.failures >= FAILURES and not state.until:
            state.until = self._clock() + state.pause

    def released(self, provider: str) -> None:
        """The call that was to find out did not: let the next one."""
        if state := self._states.get(provider):
            state.trying = False

    def open_now(self) -> dict[str, float]:
        """Providers left alone, and for how many seconds more."""
        now = self._clock()
        return {name: max(0.0, state.until - now) for name, state in self._states.items() if state.until}
