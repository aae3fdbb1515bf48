"""The embedded servers' care for what an earlier, killed `up` has left."""

import os
import signal
import stat

import pytest

from aiops.operations import launch, postgres, redis, unprivileged
from aiops.operations.launch import DidNotStart
from aiops.operations.postgres import Postgres
from aiops.operations.redis import Redis

OPTIONS = {"fsync": "off", "shared_buffers": "16MB"}


def test_a_postgres_that_was_left_running_is_ended_before_the_next_start(open_folder):
    first = Postgres(open_folder / "data", open_folder / "run", OPTIONS)
    first.prepare()
    left = first.start(open_folder / "log")
    first.wait()
    second = Postgres(open_folder / "data", open_folder / "run", OPTIONS)
    second.prepare()
    assert left.wait(5) == 0
    process = second.start(open_folder / "log")
    try:
        second.wait()
        second.ensure_database("aiops")
        second.ensure_database("aiops")
    finally:
        postgres.stop(process)
    assert not second.ready()


def test_a_pid_file_whose_number_is_another_process_by_now_is_removed(open_folder):
    server = Postgres(open_folder / "data", open_folder / "run")
    (open_folder / "data").mkdir()
    (open_folder / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    server.prepare()
    assert not (open_folder / "data" / "postmaster.pid").exists()


def test_a_postgres_that_cannot_be_set_up_says_why(open_folder, monkeypatch):
    monkeypatch.setattr(postgres, "BINARIES", open_folder)
    (open_folder / "initdb").write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    (open_folder / "initdb").chmod(0o755)
    with pytest.raises(DidNotStart, match=r"could not be set up in .*: no room$"):
        Postgres(open_folder / "data", open_folder / "run").prepare()
    assert not (open_folder / "data").exists()


def test_a_redis_that_was_left_running_is_ended_before_the_next_start(open_folder):
    server = Redis(open_folder / "data", open_folder / "run" / "redis.sock")
    server.prepare()
    left = server.start(open_folder / "log")
    server.wait()
    server.prepare()
    assert left.wait(5) == 0
    launch.end(left)


@pytest.mark.parametrize("make", [lambda at: Redis(at / "r", at / "s"), lambda at: Postgres(at / "p", at)])
def test_a_server_that_does_not_answer_is_said_so(make, open_folder):
    with pytest.raises(DidNotStart, match=r"did not answer within 0.05 s"):
        make(open_folder).wait(0.05)


def test_root_hands_the_servers_to_an_unprivileged_user(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert unprivileged.identity() == {}
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert unprivileged.identity()["user"] in {"postgres", "nobody"}
    assert unprivileged.identity()["extra_groups"] == []


def test_folders_above_are_opened_for_passing_through_and_no_more(tmp_path):
    closed = tmp_path / "closed"
    (closed / "open").mkdir(parents=True)
    closed.chmod(0o700)
    (closed / "open").chmod(0o755)
    opened = unprivileged.let_through(closed / "open")
    assert closed in opened
    assert closed / "open" not in opened
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
    assert unprivileged.let_through(closed / "open") == []


def test_a_folder_is_made_with_its_mode(tmp_path):
    unprivileged.give(tmp_path / "a", {}, 0o700)
    unprivileged.give(tmp_path / "a", {}, 0o700)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700


def test_the_binaries_are_where_the_wheels_put_them():
    assert postgres.BINARIES.joinpath("postgres").exists()
    assert redis.BINARY.exists()
    assert (postgres.STOP, redis.STOP) == (signal.SIGINT, signal.SIGTERM)
