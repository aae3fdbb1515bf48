"""The rules of the house that no linter knows (DESIGN 6, STYLE). An exemption stands here with its reason."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import CheckConstraint

from tests.architecture.sources import ROOT, functions, length, sources

VAGUE = {
    *("util", "utils", "helper", "helpers", "manager", "managers", "handler", "handlers"),
    *("service", "services", "data", "info", "misc", "common"),
}
LONGEST_FUNCTION = 50
LONGEST_FILE = 300

VAGUE_NAMES_ALLOWED = {
    "accounts/models.py: UserManager": "Django's own word: AbstractBaseUser wants an `objects` of this kind",
    "prompts/foreign.py: role_helpers": "Dotprompt calls them helpers: {{role}}",
}
LONG_FUNCTIONS_ALLOWED: dict[str, str] = {}
LONG_FILES_ALLOWED: dict[str, str] = {}
OS_ENVIRON_ALLOWED = {"env.py": "the one reader of the environment"}


def test_no_file_has_a_name_that_says_nothing():
    vague = [s.path for s in sources() if set(re.split(r"[/_.]", s.path)) & VAGUE]
    assert vague == [], "name the file for what it does"


def test_no_class_or_function_has_a_name_that_says_nothing():
    vague = [
        f"{source.path}: {node.name}"
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and re.findall(r"[A-Z]?[a-z]+", node.name)[-1:]
        and re.findall(r"[A-Z]?[a-z]+", node.name)[-1].lower() in VAGUE
    ]
    assert [name for name in vague if name not in VAGUE_NAMES_ALLOWED] == []


def test_no_function_is_longer_than_anybody_can_keep_in_mind():
    long = {
        f"{source.path}: {node.name}": length(node)
        for source in sources()
        for node in functions(source)
        if length(node) > LONGEST_FUNCTION
    }
    assert {name: lines for name, lines in long.items() if name not in LONG_FUNCTIONS_ALLOWED} == {}


def test_a_file_that_grows_becomes_a_package():
    long = {source.path: source.lines for source in sources() if source.lines > LONGEST_FILE}
    assert {path: lines for path, lines in long.items() if path not in LONG_FILES_ALLOWED} == {}


@pytest.mark.parametrize(
    "word", ["django.dispatch", "post_save", "pre_save", "post_delete", "pre_delete", "m2m_changed"]
)
def test_no_signals(word):
    assert [source.path for source in sources() if word in source.text] == []


def test_the_environment_has_one_reader():
    readers = [s.path for s in sources() if "os.environ" in s.text or "getenv" in s.text]
    assert [path for path in readers if path not in OS_ENVIRON_ALLOWED] == []


def test_imports_are_never_relative():
    relative = [
        f"{source.path}:{node.lineno}"
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


EXEMPTS = re.compile(r"#\s*(noqa|type:\s*ignore|fmt:\s*(skip|off)|pragma:|nosec)")
REASONED = re.compile(
    r"#\s*(noqa: [A-Z0-9, ]+\S* [-–(] ?\w|noqa: [A-Z0-9, ]+ +# "
    r"|type:\s*ignore\[[^\]]+\]\s+#\s*\w|fmt: skip\s+# \w)"
)


def test_every_line_that_exempts_something_says_why():
    """`noqa`, `type: ignore` and `fmt: skip`, here and in `aiops` and `benchmarks`: on the same line."""
    files = [
        path for folder in ("aiops", "tests", "benchmarks") for path in (ROOT.parent / folder).rglob("*.py")
    ]
    bare = [
        f"{path.relative_to(ROOT.parent)}:{number}"
        for path in files
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if EXEMPTS.search(line) and not REASONED.search(line)
    ]
    assert bare == []


def test_when_and_who_are_set_together_or_not_at_all():
    """Where a row says both when and by whom something was done to it, a constraint ties the two."""
    loose = []
    for model in _models():
        fields = {field.name: field for field in model._meta.fields}
        tied = " ".join(str(c.condition) for c in model._meta.constraints if isinstance(c, CheckConstraint))
        for name, field in fields.items():
            when = name.removesuffix("_by") + "_at"
            if name.endswith("_by") and when in fields and field.null and fields[when].null:
                loose += [f"{model.__name__}.{name}"] if name not in tied or when not in tied else []
    assert loose == []


def test_money_is_never_a_float():
    floats = [
        f"{model.__name__}.{field.name}"
        for model in _models()
        for field in model._meta.fields
        if field.get_internal_type() == "FloatField"
        and re.search(r"cost|price|amount|usd|spent|budget|ceiling", field.name)
    ]
    assert floats == []


def _models():
    return [model for model in apps.get_models() if model.__module__.startswith("aiops.")]
