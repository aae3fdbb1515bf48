from aiops.datasets import coverage

CELLS: list[coverage.Cell] = [["billing", "en", 30], ["billing", "ja", 5], ["refund", "en", 40], ["", "", 1]]


def test_matrix_has_the_largest_first():
    made = coverage.matrix(CELLS)
    assert made.locales == ["en", "ja", ""]
    assert made.rows[0] == ("refund", [("en", 40), ("ja", 0), ("", 0)], 40)
    assert made.rows[1] == ("billing", [("en", 30), ("ja", 5), ("", 0)], 35)
    assert made.totals == [("en", 70), ("ja", 5), ("", 1)]
    assert (made.total, made.thin, made.empty, made.left_out) == (76, 2, 5, 0)


def test_matrix_leaves_out_what_nobody_could_read():
    cells: list[coverage.Cell] = [[f"c{n}", f"l{n}", 1] for n in range(300)]
    made = coverage.matrix(cells)
    assert (len(made.rows), len(made.locales), made.left_out) == (200, 12, 388)


def test_matrix_of_nothing():
    assert coverage.matrix([]).total == 0


def test_names_are_summed_by_axis():
    assert coverage.names(CELLS, 0) == [("", 1), ("billing", 35), ("refund", 40)]


def test_size_in_words():
    assert [coverage.size_in_words(cases) for cases in (12, 50, 120, 200)] == [
        "Fewer than any usual set; 38 more for a narrow prompt (usually 50).",
        "Enough for a narrow prompt (usually 50); 50 more for a launch (usually 100).",
        "Enough for a launch (usually 100); 80 more for a multi-purpose prompt (usually 200).",
        "Enough for a multi-purpose prompt (usually 200).",
    ]
