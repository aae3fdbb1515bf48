import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.gateway.spool import Place, Spool, Taken, abandoned


def read(spool: Spool) -> list[int]:
    return [orjson.loads(line)["n"] for line, _ in spool.lines()]


def test_what_was_written_is_read_until_it_is_done(tmp_path):
    with Spool(tmp_path) as spool:
        for n in range(5):
            spool.write("call", {"n": n})
        place = list(spool.lines(2))[-1][1]
        spool.done(place, 2)
        assert (read(spool), spool.count) == ([2, 3, 4], 3)


def test_full_segments_go_away_once_they_are_done(tmp_path):
    with Spool(tmp_path, segment_bytes=64) as spool:
        for n in range(20):
            spool.write("call", {"n": n})
        assert len(list(tmp_path.glob("*.jsonl"))) > 3
        spool.done(list(spool.lines())[-1][1], 20)
        assert (read(spool), len(list(tmp_path.glob("*.jsonl")))) == ([], 1)


def test_a_new_owner_goes_on_where_the_old_one_was(tmp_path):
    with Spool(tmp_path) as spool:
        for n in range(4):
            spool.write("call", {"n": n})
        spool.done(list(spool.lines(1))[-1][1], 1)
    with Spool(tmp_path) as again:
        again.write("call", {"n": 9})
        assert (read(again), again.count) == ([1, 2, 3, 9], 4)


def test_a_line_that_was_torn_is_left_out_and_harms_no_later_one(tmp_path):
    with Spool(tmp_path) as spool:
        spool.write("call", {"n": 1})
    with next(tmp_path.glob("*.jsonl")).open("ab") as file:
        file.write(b'{"t": "call", "n"')
    with Spool(tmp_path) as again:
        again.write("call", {"n": 2})
        assert read(again) == [1, 2]


def test_a_folder_has_one_owner(tmp_path):
    with Spool(tmp_path), pytest.raises(Taken):
        Spool(tmp_path)


def test_only_folders_of_the_dead_are_abandoned(tmp_path):
    own = Spool(tmp_path / "own")
    Spool(tmp_path / "dead").close()
    (found,) = abandoned(tmp_path)
    assert found.folder.name == "dead"
    found.remove()
    own.close()
    assert not (tmp_path / "dead").exists()


def test_what_a_killed_process_wrote_is_there(tmp_path):
    program = (
        "import os, signal, sys; from pathlib import Path; from aiops.gateway.spool import Spool\n"
        "spool = Spool(Path(sys.argv[1]))\n"
        "[spool.write('call', {'n': n}) for n in range(100)]\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).resolve().parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "dead")],
        check=False,
        cwd=root,
        env={"PATH": os.defpath},
    )
    (found,) = abandoned(tmp_path)
    assert (ended.returncode, read(found)) == (-9, list(range(100)))
    found.close()


@given(st.lists(st.integers(1, 4), max_size=12), st.integers(40, 200))
def test_reading_in_any_steps_gives_each_line_once(tmp_path_factory, steps, segment):
    spool = Spool(tmp_path_factory.mktemp("spool") / "x", segment_bytes=segment)
    total = sum(steps)
    for n in range(total):
        spool.write("call", {"n": n})
    seen: list[int] = []
    for step in steps:
        batch = list(spool.lines(step))
        seen += [orjson.loads(line)["n"] for line, _ in batch]
        spool.done(batch[-1][1] if batch else Place(), len(batch))
    spool.close()
    assert seen == list(range(total))


def test_a_folder_that_has_no_name_yet_is_nobodys_to_take(tmp_path):
    (tmp_path / ".new").mkdir()
    assert list(abandoned(tmp_path)) == []
