from aiops.operations import logs


def test_a_full_log_is_kept_beside_and_emptied_in_place(tmp_path):
    log = logs.path(tmp_path, "worker")
    with log.open("ab", buffering=0) as program:
        program.write(b"long ago\n")
        logs.rotate(log, cap=5)
        program.write(b"now\n")
    assert log.read_text() == "now\n"
    assert (tmp_path / "worker.log.1").read_text() == "long ago\n"


def test_a_short_or_missing_log_stays(tmp_path):
    log = logs.path(tmp_path, "worker")
    logs.rotate(log)
    log.write_text("short\n")
    logs.rotate(log)
    assert [path.name for path in tmp_path.iterdir()] == ["worker.log"]


def test_the_tail_is_the_last_lines_indented(tmp_path):
    log = logs.path(tmp_path, "worker")
    assert logs.tail(log) == ""
    log.write_text("one\ntwo\nthree\n")
    assert logs.tail(log, lines=2) == "    two\n    three"
