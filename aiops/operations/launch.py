"""Starting and ending child processes so that none outlives us."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from aiops.operations.unprivileged import Identity

# Servers need nothing of our environment: no secrets, and no PGPORT or TZ that changes what they do.
BARE_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

_PROC = Path("/proc")
_PR_SET_PDEATHSIG = 1
_prctl: Callable[..., int] | None = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class DidNotStart(Exception):
    """A program did not answer in time, or a command did not end well. The message is for people."""


class Process(Protocol):
    """What the supervisor needs of `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def send_signal(self, sig: int, /) -> None: ...


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] = BARE_ENVIRONMENT,
    identity: Identity | None = None,
    when_orphaned: signal.Signals = signal.SIGTERM,
    cwd: Path = Path("/"),
) -> "subprocess.Popen[bytes]":
    """Start `command` in a session of its own, its output appended to `log`.

    On Linux the kernel sends it `when_orphaned` when the thread that called us ends, so that even
    `kill -9` of the parent leaves nothing behind. Call from the main thread only.
    """
    with log.open("ab") as out:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=cwd,
            env=dict(environment),
            start_new_session=True,
            preexec_fn=partial(_die_with_parent, os.getpid(), when_orphaned),  # noqa: PLW1509 - one thread, no locks
            **(identity or {}),
        )


def end(
    child: "subprocess.Popen[bytes]", number: signal.Signals = signal.SIGTERM, seconds: float = 8
) -> None:
    """Ask one child to stop by `number`; kill it after `seconds`."""
    if child.poll() is None:
        child.send_signal(number)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    sweep(child)


def sweep(child: Process) -> None:
    """Kill all that is left of the child's session: a pool's processes outlive a killed worker."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        return


def command_line(pid: int) -> str:
    """What process `pid` was started with, empty where there is none (or it is a zombie)."""
    if _PROC.exists():
        try:
            return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    ps = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(ps, check=False, capture_output=True, text=True).stdout.strip()


def _die_with_parent(parent: int, number: signal.Signals) -> None:
    """Runs in the child between fork and exec: the parent may have died already."""
    if _prctl is None:
        return
    _prctl(_PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:
        os._exit(1)
