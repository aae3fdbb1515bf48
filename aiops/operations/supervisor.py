"""Keeps programs running: starts them, sees when they answer, starts the dead again, stops all in time.

One thread, one loop, no callbacks: `turn()` looks at every child once. Signals only set a flag that the next
turn reads, so nothing is ever interrupted half-way.
"""

import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from aiops.operations import launch, logs
from aiops.operations.backoff import Backoff
from aiops.operations.launch import DidNotStart, Process
from aiops.operations.programs import Program

TURN = 0.05
ROTATE_EVERY = 60.0


class Stopped(Exception):
    """SIGINT or SIGTERM has come."""


def spawn(program: Program, log: Path) -> Process:
    """Start a program as a child of this process."""
    return launch.spawn(
        program.command,
        log=log,
        environment=program.environment,
        identity=program.identity,
        when_orphaned=program.stop,
        cwd=program.cwd,
    )


class Child:
    """A program and its process, which changes each time the program is started again."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self.process: Process | None = None
        self.started = 0.0
        self.start_at = 0.0  # of the next start, while there is no process
        self.ready = False
        self.backoff = Backoff()
        self.log_length = 0  # when its process was started

    def answers(self) -> bool:
        """Whether the process, which lives, does its work by now."""
        if self.program.ready:
            return self.program.ready()
        return logs.says(self.log, self.program.says, since=self.log_length)


class Supervisor:
    """The children of `up`. `say` gets one line for whatever a person should know."""

    def __init__(
        self,
        folder: Path,
        say: Callable[[str], None],
        *,
        spawn: Callable[[Program, Path], Process] = spawn,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        sweep: Callable[[Process], None] = launch.sweep,
    ) -> None:
        self.folder = folder
        self.children: dict[str, Child] = {}
        self.stop_asked = False
        self._say = say
        self._spawn = spawn
        self._clock = clock
        self._sleep = sleep
        self._sweep = sweep
        self._rotate_at = clock() + ROTATE_EVERY

    def listen(self) -> None:
        """Take SIGINT, SIGTERM and SIGHUP as the wish to stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def start(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        log = logs.path(self.folder, program.name)
        logs.rotate(log)
        self.children[program.name] = child = Child(program, log)
        self._start(child)

    def wait_ready(self, names: Iterable[str], seconds: float) -> None:
        """Return once all of `names` answer. Raises DidNotStart with the laggard's last lines, or Stopped."""
        wanted = [self.children[name] for name in names]
        deadline = self._clock() + seconds
        while waiting := [child for child in wanted if not child.ready]:
            if self._clock() > deadline:
                late = waiting[0]
                name = late.program.name
                raise DidNotStart(
                    f"{name} did not answer within {seconds:g} s. Its log ends:\n{logs.tail(late.log)}"
                )
            self.turn()
            self._sleep(TURN / 2)

    def run(self, program: Program) -> None:
        """Run a program that ends by itself, looking after the others. Raises DidNotStart, Stopped."""
        log = logs.path(self.folder, program.name)
        logs.rotate(log)
        process = self._spawn(program, log)
        try:
            while (code := process.poll()) is None:
                self.turn()
                self._sleep(TURN / 2)
        except Stopped:
            process.send_signal(signal.SIGKILL)
            raise
        finally:
            self._sweep(process)
        if code:
            raise DidNotStart(f"{program.name} failed ({_ending(code)}). Its log ends:\n{logs.tail(log)}")

    def run_until_stopped(self) -> None:
        """Look after the children until somebody asks to stop."""
        while not self.stop_asked:
            self.turn()
            self._sleep(TURN)

    def turn(self) -> None:
        """Look at every child once. Raises Stopped."""
        if self.stop_asked:
            raise Stopped
        now = self._clock()
        for child in self.children.values():
            self._look(child, now)
        if now >= self._rotate_at:
            self._rotate_at = now + ROTATE_EVERY
            for child in self.children.values():
                logs.rotate(child.log)

    def stop(self, names: Iterable[str], seconds: float) -> None:
        """Stop these children together; whatever still runs after `seconds` is killed."""
        children = [self.children.pop(name) for name in names if name in self.children]
        for child in children:
            if child.process and child.process.poll() is None:
                child.process.send_signal(child.program.stop)
        deadline = self._clock() + seconds
        while (
            children := [child for child in children if not self._gone(child)]
        ) and self._clock() < deadline:
            self._sleep(TURN / 2)
        for child in children:
            self._kill(child, seconds)

    def _gone(self, child: Child) -> bool:
        """Whether a child that was asked to stop has; says so."""
        if child.process:
            if child.process.poll() is None:
                return False
            self._sweep(child.process)
        self._say(f"{child.program.name} stopped")
        return True

    def _kill(self, child: Child, seconds: float) -> None:
        while child.process and child.process.poll() is None:
            self._sweep(child.process)
            self._sleep(TURN / 2)
        self._say(f"{child.program.name} killed, it did not stop within {seconds:g} s")

    def _ask_to_stop(self, _number: int, _frame: object) -> None:
        self.stop_asked = True

    def _start(self, child: Child) -> None:
        child.log_length = logs.length(child.log)
        child.process = self._spawn(child.program, child.log)
        child.started = self._clock()
        child.ready = False

    def _look(self, child: Child, now: float) -> None:
        if child.process is None:
            if now >= child.start_at:
                self._start(child)
        elif (code := child.process.poll()) is not None:
            self._bury(child, code, now)
        elif not child.ready and child.answers():
            child.ready = True
            if child.backoff.delay:
                self._say(f"{child.program.name} runs again")

    def _bury(self, child: Child, code: int, now: float) -> None:
        """End what is left of its session, and say when it starts again."""
        if child.process:
            self._sweep(child.process)
        delay = child.backoff.after(now - child.started)
        child.process, child.ready, child.start_at = None, False, now + delay
        self._say(f"{child.program.name} stopped ({_ending(code)}), starting again in {delay:g} s")


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"
