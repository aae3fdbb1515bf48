"""Processes that live in memory, under a clock that only moves when somebody sleeps."""

import signal
from collections.abc import Callable, Iterable
from pathlib import Path

from aiops.operations.launch import Process
from aiops.operations.programs import Program
from aiops.operations.supervisor import Supervisor


class FakeProcess:
    """Ends when it is asked to, unless it is deaf; `die` ends it from outside."""

    def __init__(self, program: Program, pid: int, *, deaf: bool) -> None:
        self.program = program
        self.pid = pid
        self.code: int | None = None
        self.deaf = deaf

    def poll(self) -> int | None:
        return self.code

    def send_signal(self, sig: int, /) -> None:
        if not self.deaf or sig == signal.SIGKILL:
            self.die(-sig)

    def die(self, code: int) -> None:
        self.code = code


class World:
    """A supervisor with fake processes. What happens at which second can be planned."""

    def __init__(self, folder: Path) -> None:
        self.now = 100.0
        self.lines: list[str] = []
        self.started: list[FakeProcess] = []
        self.deaf: set[str] = set()
        self.plan: list[tuple[float, Callable[[], object]]] = []
        self.supervisor = Supervisor(
            folder,
            self.lines.append,
            spawn=self.spawn,
            clock=lambda: self.now,
            sleep=self.sleep,
            sweep=self.sweep,
        )

    def at(self, seconds: float, action: Callable[[], object]) -> None:
        """Do `action` when so many seconds from now have passed."""
        self.plan.append((self.now + seconds, action))

    def spawn(self, program: Program, log: Path) -> FakeProcess:
        log.touch()
        self.started.append(FakeProcess(program, len(self.started) + 1, deaf=program.name in self.deaf))
        return self.started[-1]

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        due = [action for when, action in self.plan if when <= self.now]
        self.plan = [entry for entry in self.plan if entry[0] > self.now]
        for action in due:
            action()

    def sweep(self, process: Process) -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)

    def run_for(self, seconds: float) -> None:
        self.at(seconds, lambda: setattr(self.supervisor, "stop_asked", True))
        self.supervisor.run_until_stopped()
        self.supervisor.stop_asked = False


class Recorder(Supervisor):
    """A supervisor that starts nothing and notes what it was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, print)
        self.asked: list[tuple[str, ...]] = []

    def listen(self) -> None:
        self.asked.append(("listen",))

    def start(self, program: Program) -> None:
        self.asked.append(("start", program.name))

    def wait_ready(self, names: Iterable[str], seconds: float) -> None:
        self.asked.append(("wait", *names))

    def run(self, program: Program) -> None:
        self.asked.append(("run", program.name))

    def run_until_stopped(self) -> None:
        self.asked.append(("run until stopped",))

    def stop(self, names: Iterable[str], seconds: float) -> None:
        self.asked.append(("stop", *names))
