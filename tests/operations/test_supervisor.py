import os
import signal
from functools import partial

import pytest

from aiops.operations import logs, supervisor
from aiops.operations.launch import DidNotStart
from aiops.operations.programs import Program
from aiops.operations.supervisor import Stopped
from tests.operations.fakes import World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_a_program_that_dies_starts_again_and_both_are_said(world):
    world.supervisor.start(Program(name="worker", command=("work",), ready=lambda: True))
    world.supervisor.turn()
    world.started[0].die(-9)
    world.run_for(2)
    assert [process.code for process in world.started] == [-9, None]
    assert world.lines == ["worker stopped (signal 9), starting again in 0.5 s", "worker runs again"]


def test_a_program_that_keeps_dying_starts_more_and_more_rarely(world):
    world.supervisor.start(Program(name="beat", command=("tick",)))
    for second in range(60):
        world.at(second, lambda: world.started[-1].die(1))
    world.run_for(61)
    assert [line.rsplit(" in ", 1)[1] for line in world.lines if "stopped" in line] == [
        "0.5 s",
        "1 s",
        "2 s",
        "4 s",
        "8 s",
        "16 s",
        "30 s",
    ]


def test_a_program_that_says_its_word_is_ready_and_an_old_word_does_not_count(world, tmp_path):
    log = logs.path(tmp_path, "worker")
    log.write_text("worker1 ready.\n")
    world.supervisor.start(Program(name="worker", command=("work",), says="worker1 ready."))
    world.at(3, lambda: log.write_text("worker1 ready.\nworker1 ready.\n"))
    world.supervisor.wait_ready(["worker"], seconds=60)
    assert 103 <= world.now < 103.1


def test_waiting_ends_when_all_answer(world):
    answers = {"redis": False, "postgres": False}
    for name, seconds in (("redis", 5), ("postgres", 8)):
        world.supervisor.start(Program(name=name, command=(name,), ready=partial(answers.__getitem__, name)))
        world.at(seconds, partial(answers.update, {name: True}))
    world.supervisor.wait_ready(answers, seconds=60)
    assert 108 <= world.now < 108.1


def test_a_laggard_is_named_with_the_end_of_its_log(world, tmp_path):
    world.supervisor.start(Program(name="console", command=("serve",), ready=lambda: False))
    logs.path(tmp_path, "console").write_text("cannot bind\n")
    with pytest.raises(DidNotStart) as failed:
        world.supervisor.wait_ready(["console"], seconds=5)
    assert str(failed.value) == "console did not answer within 5 s. Its log ends:\n    cannot bind"


def test_a_wish_to_stop_ends_the_waiting(world):
    world.supervisor.start(Program(name="console", command=("serve",), ready=lambda: False))
    world.at(1, lambda: setattr(world.supervisor, "stop_asked", True))
    with pytest.raises(Stopped):
        world.supervisor.wait_ready(["console"], seconds=60)


def test_a_command_that_ends_well_is_run_while_the_others_are_looked_after(world):
    world.supervisor.start(Program(name="postgres", command=("serve",)))
    world.at(1, lambda: world.started[0].die(2))
    world.at(3, lambda: world.started[1].die(0))
    world.supervisor.run(Program(name="migrate", command=("migrate",)))
    assert [process.program.name for process in world.started] == ["postgres", "migrate", "postgres"]


def test_a_command_that_fails_is_named_with_the_end_of_its_log(world, tmp_path):
    logs.path(tmp_path, "migrate").write_text("no such table\n")
    world.at(1, lambda: world.started[0].die(1))
    with pytest.raises(DidNotStart) as failed:
        world.supervisor.run(Program(name="migrate", command=("migrate",)))
    assert str(failed.value) == "migrate failed (exit 1). Its log ends:\n    no such table"


def test_a_wish_to_stop_ends_a_command(world):
    world.at(1, lambda: setattr(world.supervisor, "stop_asked", True))
    with pytest.raises(Stopped):
        world.supervisor.run(Program(name="demo", command=("load",)))
    assert world.started[0].code == -signal.SIGKILL


def test_all_stop_by_their_own_signal_and_each_says_so(world):
    world.supervisor.start(Program(name="console", command=("serve",)))
    world.supervisor.start(Program(name="worker", command=("work",), stop=signal.SIGQUIT))
    world.supervisor.stop(["console", "worker"], seconds=5)
    assert [process.code for process in world.started] == [-signal.SIGTERM, -signal.SIGQUIT]
    assert world.lines == ["console stopped", "worker stopped"]


def test_a_program_that_does_not_stop_in_time_is_killed(world):
    world.deaf = {"worker"}
    world.supervisor.start(Program(name="worker", command=("work",)))
    world.supervisor.stop(["worker"], seconds=5)
    assert world.started[0].code == -signal.SIGKILL
    assert world.lines == ["worker killed, it did not stop within 5 s"]
    assert 105 <= world.now < 105.1


def test_a_program_that_waits_for_its_next_start_stops_at_once(world):
    world.supervisor.start(Program(name="worker", command=("work",)))
    world.started[0].die(1)
    world.supervisor.turn()
    world.supervisor.stop(["worker", "never started"], seconds=5)
    assert world.lines[1:] == ["worker stopped"]
    assert len(world.started) == 1


def test_full_logs_are_emptied_while_programs_run(world, tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "CAP", 1)
    rotated: list[object] = []
    monkeypatch.setattr(logs, "rotate", rotated.append)
    world.supervisor.start(Program(name="worker", command=("work",)))
    world.run_for(supervisor.ROTATE_EVERY * 2.5)
    assert rotated == [tmp_path / "worker.log"] * 3  # at the start, and twice since


def test_signals_are_taken_as_the_wish_to_stop(world):
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        world.supervisor.listen()
        os.kill(os.getpid(), signal.SIGHUP)
        assert world.supervisor.stop_asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
