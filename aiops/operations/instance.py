"""One instance on this machine, from nothing to answering and back: what `up` does, step by step."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from aiops import env
from aiops.accounts.models import User
from aiops.operations import programs
from aiops.operations.launch import DidNotStart
from aiops.operations.postgres import BINARIES, SMALL_INSTANCE, Postgres
from aiops.operations.redis import Redis
from aiops.operations.supervisor import Stopped, Supervisor
from aiops.operations.unprivileged import identity, let_through

DATABASE = "aiops"
START_SECONDS = 120
STOP_APPS_SECONDS = 5.0
STOP_SERVERS_SECONDS = 2.5
DEMO_PEOPLE = ("admin", "engineer", "product", "product2", "reviewer", "reviewer2", "finance", "auditor")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `up`."""

    home: Path
    bind: str = "127.0.0.1"
    console_port: int = 8000
    gateway_port: int = 8001
    workers: int = 1
    gateways: int = 1
    demo: bool = True

    @property
    def loopback(self) -> bool:
        return env.is_loopback(self.bind)


class Instance:
    """The programs of one instance, under one supervisor."""

    def __init__(
        self, options: Options, say: Callable[[str], None], supervisor: Supervisor | None = None
    ) -> None:
        self.options = options
        self.say = say
        self.began = time.monotonic()
        self.logs = options.home / "log"
        self.supervisor = supervisor or Supervisor(self.logs, say)
        self.servers: list[str] = []
        self.apps: list[str] = []

    def run(self) -> None:
        """Start everything, look after it, and return once it has been asked to stop and has stopped."""
        self.supervisor.listen()
        for folder in (self.logs, settings.STATIC_ROOT):  # WhiteNoise warns where the latter is absent
            folder.mkdir(parents=True, exist_ok=True)
        try:
            self._start_servers()
            self.migrate()
            self.load_demo()
            connection.close()  # from here on this process needs no database
            self._start_apps()
            self._announce()
            self.supervisor.run_until_stopped()
        except Stopped:
            return
        finally:
            self._stop()

    def _start_servers(self) -> None:
        """The embedded ones, side by side; servers of others must answer already."""
        if env.uses_embedded_redis() or env.uses_embedded_postgres():
            self.open_folders()
        if env.uses_embedded_redis():
            self._start_redis()
        if env.uses_embedded_postgres():
            self._start_postgres()
        else:
            reach_database()
        self.supervisor.wait_ready(self.servers, START_SECONDS)

    def _start_redis(self) -> None:
        redis = Redis(self.options.home / "redis", env.redis_socket())
        redis.prepare()
        self._start(self.servers, programs.redis(redis))

    def _start_postgres(self) -> None:
        postgres = Postgres(self.options.home / "postgres", env.postgres_socket_dir(), SMALL_INSTANCE)
        if not postgres.data.exists():
            self.say("Making the database …")
        postgres.prepare()
        self._start(self.servers, programs.postgres(postgres))
        self.supervisor.wait_ready(["postgres"], START_SECONDS)
        postgres.ensure_database(DATABASE)

    def open_folders(self) -> None:
        """Root's own folders are often closed to the user that the servers run as."""
        if identity() and (opened := let_through(self.options.home) + let_through(BINARIES)):
            names = ", ".join(str(folder) for folder in opened)
            self.say(f"Others may pass through {names} now (o+x): the embedded servers do not run as root.")

    def migrate(self) -> None:
        """Only where something is missing: asking is quick, a `migrate` of nothing takes seconds."""
        if number := missing_migrations():
            self.say(f"Applying {number} migrations …")
            self.supervisor.run(programs.manage("migrate", "migrate", "--no-input"))

    def load_demo(self) -> None:
        """On first use: where nobody has an account, or where loading was cut short."""
        unfinished = self.options.home / "demo-unfinished"
        first = not User.objects.exists()
        wanted = self.options.demo and "demo" in get_commands()
        if not wanted or not (first or unfinished.exists()):
            return
        if not self.options.loopback:
            self.say(
                f"No demo workspace: its sign-ins are for this machine only, and {self.options.bind} is not."
            )
            return
        self.say("Loading the demo workspace …")
        unfinished.touch()
        self.supervisor.run(programs.manage("demo", "demo", "load"))
        unfinished.unlink()

    def _start_apps(self) -> None:
        options = self.options
        self._start(self.apps, programs.console(options.bind, options.console_port, options.gateway_port))
        for number in range(1, options.workers + 1):
            self._start(self.apps, programs.worker(number, options.workers))
        for number in range(1, options.gateways + 1):
            self._start(self.apps, programs.gateway(number, options.bind, options.gateway_port))
        self.supervisor.wait_ready(self.apps, START_SECONDS)
        self._start(self.apps, programs.beat())  # last: a clock is no use before somebody listens to it

    def _start(self, names: list[str], program: programs.Program) -> None:
        names.append(program.name)
        self.supervisor.start(program)

    def _announce(self) -> None:
        options = self.options
        self.say(
            f"Running after {time.monotonic() - self.began:.1f} s: {', '.join(self.servers + self.apps)}"
        )
        self.say(f"Console: http://{programs.authority(options.bind, options.console_port)}/")
        self.say(f"Gateway: http://{programs.authority(options.bind, options.gateway_port)}/")
        for line in sign_ins(options):
            self.say(line)
        self.say(f"Logs: {self.logs}. Stop with Ctrl-C.")

    def _stop(self) -> None:
        """Programs first, then the servers that they talk to."""
        self.supervisor.stop(self.apps, STOP_APPS_SECONDS)
        self.supervisor.stop(self.servers, STOP_SERVERS_SECONDS)
        with suppress(OSError):  # it may be under /tmp, where nothing of ours should stay
            env.postgres_socket_dir().rmdir()


def sign_ins(options: Options) -> list[str]:
    """What to tell people about getting in."""
    password = options.home / "demo-password"
    if not password.exists():
        return ["No demo workspace here. Add the first person: python manage.py people add EMAIL --name NAME"]
    if not options.loopback:
        return ["Demo sign-ins are not offered: the console can be reached from other machines."]
    people = ", ".join(f"{name}@demo" for name in DEMO_PEOPLE)
    return [f"Sign in as {people}", f"with the password {password.read_text(encoding='utf-8').strip()}"]


def missing_migrations() -> int:
    """How many migrations the database lacks."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def reach_database() -> None:
    """Raise DidNotStart unless the database of others answers."""
    try:
        psycopg.connect(env.database_url(), connect_timeout=5).close()
    except psycopg.OperationalError as error:
        # The error may name the user and the host, never the password.
        raise DidNotStart(f"DATABASE_URL does not answer: {str(error).strip()}") from None
