"""How long a program that died waits before it starts again."""

from dataclasses import dataclass

FIRST = 0.5
CAP = 30.0
CALM = 60.0


@dataclass(slots=True)
class Backoff:
    """Doubles from FIRST to CAP seconds; a program that has lived for CALM seconds begins anew."""

    delay: float = 0.0

    def after(self, lived: float) -> float:
        """Seconds to wait after a program died that had lived for `lived` seconds."""
        again = self.delay and lived < CALM
        self.delay = min(self.delay * 2, CAP) if again else FIRST
        return self.delay
