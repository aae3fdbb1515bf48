"""A write is an action: keyword-only, `by=`, atomic, recorded in the same function (STYLE 4)."""

import ast

from tests.architecture.sources import sources

# Public functions of actions modules that are no actions, or that record nothing; each with its reason.
EXEMPT = {
    "audit: record": "the record itself",
    "datasets: values_of": "reads a case for its form, writes nothing",
    "evaluations: resolve_scorers": "reads what is configured, writes nothing",
    "catalog: record_probe": "a measurement, no decision: every test button would fill the audit",
}


def actions():
    """(app: name, node) of every action: the public functions of `actions.py`, what `actions/` exports."""
    found = {}
    for source in sources():
        app, *rest = source.path.split("/")
        if rest[:1] not in (["actions.py"], ["actions"]):
            continue
        for node in source.tree.body:
            if isinstance(node, ast.FunctionDef) and (rest[0] == "actions.py" or node.name in _exported(app)):
                found[f"{app}: {node.name}"] = node
    return {name: node for name, node in found.items() if ": _" not in name}


def _exported(app):
    package = next(source for source in sources() if source.path == f"{app}/actions/__init__.py")
    lines = [node for node in package.tree.body if isinstance(node, ast.ImportFrom)]
    return {alias.name for line in lines for alias in line.names}


def test_the_exemptions_are_about_actions_that_exist():
    assert set(EXEMPT) <= set(actions())


def test_actions_take_keywords_only_and_say_by_whom():
    wrong = [
        name
        for name, node in actions().items()
        if name not in EXEMPT
        and (node.args.args or node.args.posonlyargs or "by" not in {arg.arg for arg in node.args.kwonlyargs})
    ]
    assert not wrong, "\n".join(wrong)


def test_actions_are_atomic():
    """Or they write nothing themselves, and hand `by` on to one that is."""
    wrong = [
        name
        for name, node in actions().items()
        if name not in EXEMPT
        and not any("atomic" in ast.unparse(mark) for mark in node.decorator_list)
        and ("audit.record" in ast.unparse(node) or not _records(node))
    ]
    assert not wrong, "\n".join(wrong)


def test_actions_record_what_they_did():
    """They call `audit.record`, or hand `by` on to a function of their module or app that does."""
    wrong = [name for name, node in actions().items() if name not in EXEMPT and not _records(node)]
    assert not wrong, "\n".join(wrong)


def _records(node):
    calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
    return any(ast.unparse(call.func) == "audit.record" or _hands_on(call) for call in calls)


def _hands_on(call):
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(value, ast.Name) and value.id == "by" for value in values)
