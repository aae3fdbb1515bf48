"""Real workers, Redis and PostgreSQL, killed while they work: each case ends with exactly one result."""

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from aiops.operations import launch
from aiops.operations.postgres import Postgres
from aiops.operations.redis import Redis
from tests.environment import own_folder
from tests.fakes.answers import echo
from tests.fakes.model_server import ModelServer

ROOT = Path(__file__).parent.parent.parent
CASES = 400
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("recovery")]  # one installation for all


@dataclass
class World:
    """An installation: its servers as processes that a test may kill, and its worker."""

    folder: Path
    postgres: Postgres
    redis: Redis
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    begun: int = 0

    def start(self, name: str) -> None:
        server = getattr(self, name)
        self.processes[name] = server.start(self.folder / f"{name}.log")
        server.wait()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "DJANGO_SETTINGS_MODULE": "tests.evaluations.worker_settings",
            "DATABASE_URL": self.postgres.url("aiops"),
            "REDIS_URL": self.redis.url,
            "AIOPS_HOME": str(self.folder / "home"),
        }

    def run(self, *arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    @contextmanager
    def worker(self):
        arguments = ["-m", "celery", "-A", "aiops.celery", "worker", "--beat", "--concurrency", "2"]
        schedule = ["-s", str(self.folder / "beat"), "--without-gossip", "--without-mingle", "-l", "INFO"]
        process = launch.spawn(
            [sys.executable, *arguments, *schedule], log=self.log, environment=self.environment, cwd=ROOT
        )
        try:
            yield process
        finally:
            launch.end(process, signal.SIGKILL)

    @property
    def log(self) -> Path:
        return self.folder / "worker.log"

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait()
        launch.sweep(self.processes[name])

    def ask(self, sql: str, *values: object) -> tuple | None:
        try:
            with psycopg.connect(self.postgres.url("aiops")) as connection:
                return connection.execute(sql, values).fetchone()
        except psycopg.OperationalError:
            return None

    def wait_for(self, run: int, condition, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        row = None
        while time.monotonic() < deadline:
            row = self.ask("SELECT state, done, failed FROM evaluations_run WHERE id = %s", run) or row
            if row and condition(*row):
                return
            time.sleep(0.2)  # each question is a new connection: asked more often, it takes half a core
        pytest.fail(f"{row}\n{self.log.read_text()[-5000:]}")


@pytest.fixture(scope="module")
def world():
    folder = own_folder()
    made = World(
        folder,
        Postgres(folder / "postgres", folder / "pg-run", {"fsync": "off"}),
        Redis(folder / "redis", folder / "redis-run" / "redis.sock"),
    )
    for name in ("postgres", "redis"):
        getattr(made, name).prepare()
        made.start(name)
    made.postgres.ensure_database("aiops")
    made.run("manage.py", "migrate", "--verbosity", "0")
    yield made
    for process in made.processes.values():
        launch.end(process, signal.SIGINT)


@pytest.fixture
def server():
    with ModelServer(latency=0.2) as running:
        yield running


def begin(world, server, *more, cases=CASES):
    """A run of its own: the rows of each are numbered from another thousand on."""
    world.begun += 1
    program = ["-m", "tests.evaluations.recovery_program", server.base_url, str(cases)]
    return int(world.run(*program, str(1000 * world.begun), *more))


def has_done(share):
    return lambda _state, done, _failed: done >= share * CASES


def is_over(state, _done, _failed):
    return state not in {"queued", "running"}


def assert_each_case_once(world, run, server, *, cases=CASES, deaths):
    counted = "SELECT state, done, failed, cost > 0, held FROM evaluations_run WHERE id = %s"
    assert world.ask(counted, run) == ("finished", cases, 0, True, 0)
    stored = "SELECT count(*), count(DISTINCT case_id) FROM evaluations_result WHERE run_id = %s"
    assert world.ask(stored, run) == (cases, cases)
    # What was under way may be asked twice, what was stored may not.
    assert len(server.requests) <= cases + 60 * deaths


def assert_paid_once(world, run):
    """Budget and spend have each result once, and what died with a worker at its worst case."""
    period = (
        "SELECT period.spent, period.leased, run.cost + run.unaccounted, period.spent <= budget.amount "
        "FROM evaluations_run AS run JOIN budgets_budget AS budget USING (feature_id) "
        "JOIN budgets_period AS period ON period.budget_id = budget.id WHERE run.id = %s"
    )
    spent, leased, counted, inside = world.ask(period, run)
    assert (spent, leased, inside) == (counted, 0, True)
    sums = (
        "SELECT sum(rollup.cost), sum(rollup.unaccounted) > 0 FROM gateway_rollup AS rollup "
        "JOIN features_feature AS feature ON feature.slug = rollup.feature "
        "JOIN evaluations_run AS run ON run.feature_id = feature.id "
        "WHERE run.id = %s AND rollup.tenant = 'internal'"
    )
    assert world.ask(sums, run) == (spent, True)


def assert_under_way(world, run):
    state = "SELECT state, done < %s FROM evaluations_run WHERE id = %s"
    assert world.ask(state, CASES, run) == ("running", True)


def kill_worker(world, process):
    process.kill()
    process.wait()
    launch.sweep(process)


def lose_redis(world):
    """It forgets everything."""
    world.kill("redis")
    for file in (world.folder / "redis").rglob("*.aof*"):
        file.unlink(missing_ok=True)
    world.start("redis")


def restart_postgres(world):
    world.kill("postgres")
    time.sleep(1)
    world.postgres.prepare()
    world.start("postgres")


def test_a_run_outlives_its_worker_its_broker_and_its_database(world, server):
    run = begin(world, server)
    with world.worker() as process:
        world.wait_for(run, has_done(0.2))
        kill_worker(world, process)
    assert_under_way(world, run)
    with world.worker():
        world.wait_for(run, has_done(0.4))
        lose_redis(world)
        world.wait_for(run, has_done(0.6))
        assert_under_way(world, run)
        restart_postgres(world)
        world.wait_for(run, is_over)
    assert_each_case_once(world, run, server, deaths=3)
    assert_paid_once(world, run)


def test_a_judged_run_outlives_its_worker_without_half_a_result(world, server):
    verdict = '{"verdict": "pass", "reason": "x"}'
    server.answer = lambda body: verdict if "Is it good?" in echo(body) else "fine"
    run = begin(world, server, "judged", cases=60)
    with world.worker() as process:
        world.wait_for(run, lambda _state, done, _failed: done >= 10)
        kill_worker(world, process)
    assert world.ask("SELECT state, done < 60 FROM evaluations_run WHERE id = %s", run) == ("running", True)
    with world.worker():
        world.wait_for(run, is_over)
    counted = "SELECT state, done, failed, judge_cost > 0, held FROM evaluations_run WHERE id = %s"
    assert world.ask(counted, run) == ("finished", 60, 0, True, 0)
    judged = (
        "SELECT count(*), count(DISTINCT result.id), bool_and(score.passed) FROM evaluations_score AS score "
        "JOIN evaluations_result AS result ON result.id = score.result_id "
        "WHERE result.run_id = %s AND score.scorer = 'judge'"
    )
    assert world.ask(judged, run) == (60, 60, True)
    assert_paid_once(world, run)


def test_a_run_that_was_never_sent_is_found(world, server):
    world.kill("redis")
    run = begin(world, server, cases=40)
    world.start("redis")
    with world.worker():
        world.wait_for(run, is_over)
    assert_each_case_once(world, run, server, cases=40, deaths=1)
