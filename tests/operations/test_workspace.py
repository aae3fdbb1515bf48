import json
import os
import re

import pytest

from aiops.operations import workspace


def test_a_home_is_held_by_one_at_a_time_and_says_by_whom(tmp_path):
    with workspace.hold(tmp_path), pytest.raises(workspace.Held) as second, workspace.hold(tmp_path):
        pass
    assert re.sub(r"\d\d:\d\d:\d\d", "…", re.sub(r"\d{4}-\d\d-\d\d", "…", str(second.value))) == (
        f"{tmp_path} is held by `up` with process id {os.getpid()}, since … … UTC. "
        "Stop that first, or choose another --home."
    )


def test_a_holder_that_has_not_written_its_name_yet_is_one_that_starts(tmp_path):
    with workspace.hold(tmp_path):
        (tmp_path / "up.lock").write_text("")
        with (
            pytest.raises(workspace.Held, match="another `up` that is just starting"),
            workspace.hold(tmp_path),
        ):
            pass


def test_a_home_that_was_let_go_can_be_held_again(tmp_path):
    with workspace.hold(tmp_path):
        assert json.loads((tmp_path / "up.lock").read_text())["pid"] == os.getpid()
    assert (tmp_path / "up.lock").read_text() == ""
    with workspace.hold(tmp_path):
        pass
