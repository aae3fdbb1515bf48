"""What `up` runs: each program with its command, how to see that it answers, and how it is asked to stop."""

import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from aiops import env
from aiops.operations.launch import BARE_ENVIRONMENT
from aiops.operations.postgres import STOP as STOP_POSTGRES
from aiops.operations.postgres import Postgres
from aiops.operations.redis import Redis
from aiops.operations.unprivileged import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One child process.

    It is ready once `ready` says so, which is asked again and again and takes a second at most; or once it
    has written `says` to its log; or at once where it has neither.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool] | None = None
    says: str = ""
    stop: signal.Signals = signal.SIGTERM
    environment: Mapping[str, str] = field(default_factory=lambda: BARE_ENVIRONMENT)
    identity: Identity = field(default_factory=Identity)
    cwd: Path = Path("/")


def postgres(server: Postgres) -> Program:
    return Program(
        name="postgres",
        command=tuple(server.command()),
        ready=server.ready,
        stop=STOP_POSTGRES,
        identity=server.identity,
    )


def redis(server: Redis) -> Program:
    return Program(
        name="redis", command=tuple(server.command()), ready=server.ready, identity=server.identity
    )


def manage(name: str, *arguments: str) -> Program:
    """A management command that ends by itself."""
    return _python(name, str(env.ROOT / "manage.py"), *arguments)


def console(bind: str, port: int, gateway_port: int) -> Program:
    """Two processes with threads; loaded before they fork, so that nothing answers before all is imported."""
    options = {
        "--bind": authority(bind, port),
        "--workers": "2",
        "--worker-class": "gthread",
        "--threads": "8",
        "--graceful-timeout": "2",  # gunicorn waits for all of it, whatever is under way
        "--timeout": "60",
        "--worker-tmp-dir": "/dev/shm" if Path("/dev/shm").is_dir() else "/tmp",  # noqa: S108 - heartbeat files
    }
    return _python(
        "console",
        "-m",
        "gunicorn",
        "--preload",
        "--no-control-socket",
        *(part for pair in options.items() for part in pair),
        "aiops.wsgi:application",
        ready=lambda: answers_http(bind, port, "/"),
        environment=env.for_children(
            AIOPS_BIND=bind,
            AIOPS_PUBLIC_URL=env.public_url(),
            AIOPS_GATEWAY_URL=env.gateway_url() or f"http://{authority(_reached(bind), gateway_port)}",
        ),
    )


def worker(number: int, of: int = 1) -> Program:
    """One Celery worker. On SIGQUIT it gives its tasks two seconds, then hands them back."""
    node = f"worker{number}@{socket.gethostname()}"
    quiet = ("--without-mingle", "--without-gossip", "--without-heartbeat")  # chatter that nobody here reads
    return _celery(
        "worker" if of == 1 else f"worker-{number}",
        "worker",
        *("--hostname", node, "--concurrency", "2", "--loglevel", "INFO", "-O", "fair", *quiet),
        says=f"{node} ready.",
        stop=signal.SIGQUIT,
    )


def beat() -> Program:
    """The clock of all recurring work: exactly one."""
    return _celery("beat", "beat", "--loglevel", "INFO", "--pidfile", "", says="beat: Starting...")


def gateway(number: int, bind: str, port: int) -> Program:
    arguments = ("-m", "aiops.gateway.http", "--bind", bind, "--port", str(port))
    return _python(f"gateway-{number}", *arguments, ready=lambda: answers_http(bind, port, "/readyz"))


def authority(host: str, port: int) -> str:
    """`host:port` as it stands in URLs."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def taken(bind: str, port: int) -> bool:
    """Whether something else listens there, or the address is not ours."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError:
            return True
    return False


def answers_http(bind: str, port: int, path: str) -> bool:
    """Whether an HTTP server answers there, whatever it says."""
    connection = HTTPConnection(_reached(bind), port, timeout=1)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        connection.getresponse().read()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


def _reached(bind: str) -> str:
    """Where this machine reaches what listens on `bind`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104 - compared, not bound


def _celery(name: str, *arguments: str, says: str, stop: signal.Signals = signal.SIGTERM) -> Program:
    # Celery would run Django's checks, which import every page: a second and more of each start.
    unchecked = env.for_children(CELERY_SKIP_CHECKS="true")
    command = ("-m", "celery", "--app", "aiops.celery", *arguments)
    return _python(name, *command, says=says, stop=stop, environment=unchecked)


def _python(
    name: str,
    *arguments: str,
    ready: Callable[[], bool] | None = None,
    says: str = "",
    stop: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
) -> Program:
    return Program(
        name=name,
        command=(sys.executable, *arguments),
        ready=ready,
        says=says,
        stop=stop,
        environment=environment or env.for_children(),
        cwd=env.ROOT,
    )
