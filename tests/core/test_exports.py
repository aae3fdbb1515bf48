import csv
import io

import pytest

from aiops.core import exports


@pytest.mark.parametrize(
    "text", ["=1+1", "+1 apples", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1"]
)
def test_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(text):
    assert exports.cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-3.5", "+7", -3, "plain", "", 0.5])
def test_numbers_and_plain_text_stay_as_they_are(value):
    assert exports.cell(value) == value


def test_none_is_an_empty_cell():
    assert exports.cell(None) == ""


def test_stream_is_a_csv_that_a_browser_saves():
    response = exports.stream_csv("runs.csv", ["id", "=name"], ([n, "a,b"] for n in range(2)))
    body = response.getvalue().decode("utf-8-sig")
    assert response["Content-Disposition"] == 'attachment; filename="runs.csv"'
    assert list(csv.reader(io.StringIO(body))) == [["id", "'=name"], ["0", "a,b"], ["1", "a,b"]]
