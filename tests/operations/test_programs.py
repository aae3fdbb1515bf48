import signal
import socket
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import pytest

from aiops.operations import programs
from aiops.operations.postgres import Postgres
from aiops.operations.redis import Redis


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_addresses_are_written_as_in_urls():
    assert programs.authority("127.0.0.1", 8000) == "127.0.0.1:8000"
    assert programs.authority("::1", 8000) == "[::1]:8000"


def test_a_port_is_taken_while_somebody_listens_there(listener):
    port = listener.getsockname()[1]
    assert programs.taken("127.0.0.1", port)
    listener.close()
    assert not programs.taken("127.0.0.1", port)


def test_any_http_answer_counts(listener):
    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")

    thread = Thread(target=serve)
    thread.start()
    assert programs.answers_http("0.0.0.0", listener.getsockname()[1], "/")  # noqa: S104 - asked at loopback
    thread.join()


def test_nobody_or_something_else_does_not_answer_http(listener):
    port = listener.getsockname()[1]

    def hang_up():
        listener.accept()[0].close()

    thread = Thread(target=hang_up)
    thread.start()
    assert not programs.answers_http("127.0.0.1", port, "/")
    thread.join()
    listener.close()
    assert not programs.answers_http("127.0.0.1", port, "/")


def test_the_console_knows_where_it_listens(monkeypatch):
    monkeypatch.setenv("AIOPS_PUBLIC_URL", "https://aiops.example.com")
    console = programs.console("127.0.0.1", 8123, 8124)
    assert console.environment["AIOPS_BIND"] == "127.0.0.1"
    assert console.environment["AIOPS_PUBLIC_URL"] == "https://aiops.example.com"
    assert console.environment["AIOPS_GATEWAY_URL"] == "http://127.0.0.1:8124"
    assert "127.0.0.1:8123" in console.command
    assert console.ready
    assert not console.ready()


def test_workers_are_numbered_only_where_there_are_several():
    assert programs.worker(1).name == "worker"
    assert [programs.worker(number, of=2).name for number in (1, 2)] == ["worker-1", "worker-2"]
    assert programs.worker(1).stop == signal.SIGQUIT


def test_the_embedded_servers_run_as_their_own_user(tmp_path):
    postgres = programs.postgres(Postgres(tmp_path / "data", tmp_path / "run"))
    redis = programs.redis(Redis(tmp_path / "redis", tmp_path / "run" / "redis.sock"))
    assert (postgres.stop, redis.stop) == (signal.SIGINT, signal.SIGTERM)
    assert all(Path(program.command[0]).exists() for program in (postgres, redis))
    assert "SECRET_KEY" not in {*postgres.environment, *redis.environment}


def test_each_module_that_is_run_exists():
    for program in (programs.console("127.0.0.1", 1, 2), programs.worker(1), programs.beat()):
        assert find_spec(program.command[program.command.index("-m") + 1])
    assert Path(programs.manage("migrate", "migrate").command[1]).exists()
    gateway = programs.gateway(1, "127.0.0.1", 8001)
    assert (gateway.name, bool(find_spec(gateway.command[2]))) == ("gateway-1", True)
