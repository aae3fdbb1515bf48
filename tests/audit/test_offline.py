"""`aiops-audit-verify`: an exported chain is checked without Django."""

import json
import subprocess
import sys

import pytest

from aiops.audit.offline import GENESIS, digest, main


@pytest.fixture
def export(tmp_path):
    """A file with three links; `export(change)` lets `change` edit the list of rows first."""

    def write(change=list):
        rows, head = [], GENESIS
        for seq in (1, 2, 3):
            text = json.dumps({"id": seq + 10, "action": "tests.act", "reason": "日本"})
            row = {"seq": seq, "event_id": seq + 10, "prev_hash": head, "text": text}
            head = digest(head, text)
            rows.append({**row, "hash": head})
        change(rows)
        path = tmp_path / "chain.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return str(path)

    return write


def test_a_good_chain(export, capsys):
    assert main([export()]) == 0
    assert capsys.readouterr().out.startswith("OK: 3 links, each fits. Head: ")


def test_a_changed_text(export, capsys):
    assert main([export(lambda rows: rows[1].update(text="{}"))]) == 1
    assert capsys.readouterr().out == (
        "BROKEN after 1 good links. "
        "Link 2, event 12: the event's content, or its hash, was changed after it was recorded.\n"
    )


def test_rows_in_another_order(export):
    assert main([export(lambda rows: rows.reverse())]) == 1


def test_a_missing_head(export, capsys):
    assert main([export(lambda rows: rows.pop()), "--head", "f" * 64]) == 1
    assert "is not in the chain" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["not json\n", "[]\n", '{"seq": 1}\n', "\n"])
def test_a_file_that_is_no_export(tmp_path, content, capsys):
    path = tmp_path / "other"
    path.write_text(content)
    assert main([str(path)]) == 2
    assert "line 1 is not a row of an audit export" in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert main([str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_it_imports_neither_django_nor_celery(export):
    program = (
        "import sys, aiops.audit.offline as o; o.main(sys.argv[1:]); "
        "print(sorted({'django', 'celery'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, export()], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[1] == "[]"
