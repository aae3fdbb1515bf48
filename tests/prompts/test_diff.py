from types import SimpleNamespace

from aiops.prompts.diff import compare


def version(*messages: tuple[str, str], **settings):
    stated = {"variables": {}, "parameters": {}, "output_schema": None, "model": "", **settings}
    return SimpleNamespace(messages=[{"role": role, "template": text} for role, text in messages], **stated)


def test_each_message_is_a_part_and_the_settings_are_the_last():
    before = version(("system", "a\nb"), ("user", "c"), parameters={"temperature": 0.2})
    after = version(("system", "a\nB"), ("user", "c"), parameters={"temperature": 0})
    parts = compare(before, after)
    assert [(part.title, part.changed, part.removed, part.added) for part in parts] == [
        ("Message 1: system", True, 1, 1),
        ("Message 2: user", False, 0, 0),
        ("Settings", True, 1, 1),
    ]


def test_messages_that_came_went_or_changed_their_role_say_so():
    one, two = version(("system", "a")), version(("user", "a"), ("assistant", "b"))
    assert [part.title for part in compare(one, two)] == [
        "Message 1: system, now user", "Message 2: assistant, added", "Settings",
    ]  # fmt: skip  # short names, packed: they would fill the page
    assert compare(two, one)[1].title == "Message 2: assistant, removed"


def test_variables_model_and_schema_are_compared_as_yaml():
    settings = {
        "variables": {"a": {"type": "string"}},
        "output_schema": {"type": "object"},
        "model": "sim-large",
    }
    changed = compare(version(("user", "x")), version(("user", "x"), **settings))[-1]
    assert ["".join(span.text for span in line.spans) for line in changed.lines if line.kind == "ins"] == [
        "model: sim-large", "variables:", "  a: {type: string}", "output_schema: {type: object}",
    ]  # fmt: skip  # short names, packed: they would fill the page
