"""When a run is hopeless: every single call is refused for a reason that trying again won't change."""

from aiops.core import clock
from aiops.evaluations.models import Run
from aiops.providers.errors import ProviderError

FIRST = 20  # so many refusals, and nothing else, before we believe it
_WORDS = {401: "refused the key", 403: "refused access", 404: "does not know the model or the address"}


class Refusals:
    """Counts what the first calls of a shard met."""

    def __init__(self) -> None:
        self.seen = 0
        self.refused = 0
        self.status = 0
        self.message = ""

    def see(self, error: Exception | None) -> None:
        """Note how one call ended."""
        if self.seen >= FIRST:
            return
        self.seen += 1
        if isinstance(error, ProviderError) and error.status in _WORDS:
            self.refused += 1
            self.status = error.status
            self.message = str(error)

    @property
    def hopeless(self) -> bool:
        return self.refused == FIRST

    @property
    def reason(self) -> str:
        """For people: "The provider refused the key: 20 of the first 20 calls failed. …"."""
        words = _WORDS.get(self.status, "refused")
        return f"The provider {words}: {self.refused} of the first {self.seen} calls failed. {self.message}"[
            :1000
        ]


def fail(run_id: int, reason: str) -> bool:
    """End the run as failed; it can be continued once the cause is mended."""
    active = Run.objects.filter(id=run_id, state__in=Run.ACTIVE)
    return bool(active.update(state=Run.State.FAILED, reason=reason, finished_at=clock.now()))
