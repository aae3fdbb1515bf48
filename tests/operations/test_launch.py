import os
import signal
import subprocess
import sys
import time

import pytest

from aiops import env
from aiops.operations import launch


def python(code, log, **options):
    return launch.spawn([sys.executable, "-c", code], log=log, **options)


def alive(pid):
    """Whether a process runs; one that has ended and waits for its parent does not count."""
    return launch.command_line(pid) != ""


def eventually(true):
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_child_writes_to_its_log_and_sees_nothing_of_our_environment(tmp_path):
    log = tmp_path / "log"
    child = python("import os; print(sorted(os.environ)); print(os.getsid(0) == os.getpid())", log)
    assert child.wait(10) == 0
    names, leads = log.read_text().splitlines()
    assert "SECRET_KEY" not in names
    assert leads == "True"


def test_a_child_that_ignores_the_wish_to_stop_is_killed_with_its_own_children(tmp_path):
    log = tmp_path / "log"
    child = python(
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid, flush=True)\n"
        "time.sleep(60)",
        log,
    )
    eventually(lambda: log.read_text().strip())
    grandchild = int(log.read_text())
    launch.end(child, seconds=0.2)
    assert child.returncode == -signal.SIGKILL
    eventually(lambda: not alive(grandchild))


def test_a_child_that_has_ended_can_be_ended_again(tmp_path):
    child = python("", tmp_path / "log")
    child.wait(10)
    launch.end(child)
    assert child.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_children_end_with_a_parent_that_is_killed(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from aiops.operations import launch\n"
        "sleeper = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "print(launch.spawn(sleeper, log=Path(sys.argv[1])).pid, flush=True)\n"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "log")]
    with subprocess.Popen(command, cwd=env.ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
    eventually(lambda: not alive(child))


def test_a_parent_that_died_before_its_child_ran_takes_it_along(monkeypatch):
    ended = []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(launch, "_prctl", lambda *_: 0)
    launch._die_with_parent(os.getppid(), signal.SIGTERM)
    launch._die_with_parent(os.getpid() + 1, signal.SIGTERM)
    assert ended == [1]
    monkeypatch.setattr(launch, "_prctl", None)
    launch._die_with_parent(os.getpid() + 1, signal.SIGTERM)
    assert ended == [1]


def test_command_lines_are_known_with_and_without_proc(monkeypatch, tmp_path):
    assert "python" in launch.command_line(os.getpid())
    assert launch.command_line(2**22 + 1) == ""
    monkeypatch.setattr(launch, "_PROC", tmp_path / "none")
    asked = []

    def ps(command, **_):
        asked.append(command[-1])
        return subprocess.CompletedProcess(command, 0, stdout="postgres -D /data\n")

    monkeypatch.setattr(subprocess, "run", ps)
    assert launch.command_line(17) == "postgres -D /data"
    assert asked == ["17"]
