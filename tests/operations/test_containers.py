"""The container files are read here, since no engine runs in tests: do they name what exists?"""

import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from aiops import env

COMPOSE = yaml.safe_load((env.ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (env.ROOT / "Dockerfile").read_text()
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("build")}


def test_compose_runs_the_processes_of_up_and_the_migrations():
    ours = {"migrate", "console", "gateway", "worker", "beat"}
    assert set(COMPOSE["services"]) == {"postgres", "redis", *ours}
    assert set(OURS) == ours


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_command_is_a_program_of_the_environment(name):
    command = OURS[name].get("command") or yaml.safe_load(DOCKERFILE.rsplit("CMD ", 1)[1])
    assert shutil.which(command[0], path=str(Path(sys.executable).parent))
    if command[1] == "manage.py":
        assert command[2] in get_commands()
    else:
        modules = [word for word in command if word.startswith("aiops.")]
        assert [bool(find_spec(module.split(":")[0])) for module in modules] == [True]


def test_every_variable_for_our_processes_is_one_that_we_read():
    known = {variable.name for variable in env.VARIABLES}
    assert set(COMPOSE["x-aiops"]["environment"]) <= known
    assert set(OURS["worker"]["environment"]) - known == {"REMAP_SIGTERM"}  # Celery's own


def test_no_secret_has_a_value_or_a_default():
    text = (env.ROOT / "docker-compose.yml").read_text()
    for name in ("POSTGRES_PASSWORD", "SECRET_KEY", "AIOPS_ENCRYPTION_KEY"):
        assert re.findall(rf"\$\{{{name}(..)", text) != []
        assert set(re.findall(rf"\$\{{{name}(..)", text)) == {":?"}


def test_every_dependency_exists_and_whoever_must_be_healthy_says_how():
    services = COMPOSE["services"]
    for service in services.values():
        for name, wanted in service.get("depends_on", {}).items():
            healthy = wanted["condition"] == "service_healthy"
            assert not healthy or "healthcheck" in services[name]


def test_the_image_copies_what_exists_and_what_the_ignore_file_lets_through():
    copied = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE)
    let_through = re.findall(r"^!(\S+)", (env.ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert sorted(copied) == sorted(let_through)
    assert [name for name in copied if not (env.ROOT / name).exists()] == []


def test_the_image_does_not_run_as_root():
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["aiops"]
