import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import plotly

from aiops.core import charts
from aiops.core.charts import Mark, Series

DAYS = [datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=n) for n in range(3)]


def test_a_line_has_its_values_as_a_table():
    chart = charts.line("score", "Score", [Series("v3", DAYS, [0.8, None, 0.9])])
    assert chart.columns == ["", "v3"]
    assert [row[1] for row in chart.rows] == [0.8, None, 0.9]


def test_a_figure_is_plain_json_with_both_themes():
    chart = charts.line("score", "Score", [Series("v3", DAYS, [1, 2, 3])], marks=[Mark(DAYS[1], "deploy")])
    figure = json.loads(json.dumps(chart.figure))
    assert set(figure) == {"data", "layout", "config", "themes"}


def test_every_colour_of_a_figure_is_in_both_themes():
    marks = [Mark(DAYS[0], "deploy"), Mark(DAYS[1], "kill", bad=True)]
    both = [Series("a", DAYS, [1, 2, 3], [0, 1, 2], [2, 3, 4]), Series("b", DAYS, [1, 2, 3])]
    drawn = [charts.line("l", "L", both, marks=marks), charts.bars("b", "B", both)]
    used = set(re.findall(r'"\{(\w+)\}"', json.dumps([chart.figure for chart in drawn])))
    assert used <= set(charts.LIGHT)
    assert set(charts.LIGHT) == set(charts.DARK)


def test_a_mark_is_a_vertical_line_with_its_words():
    chart = charts.line("s", "S", [Series("v", DAYS, [1, 2, 3])], marks=[Mark(DAYS[1], "kill <b>", bad=True)])
    (shape,) = chart.figure["layout"]["shapes"]
    (words,) = chart.figure["layout"]["annotations"]
    assert shape["x0"] == shape["x1"] == DAYS[1].isoformat()
    assert (words["text"], words["font"]["color"]) == ("kill &lt;b&gt;", "{bad}")


def test_two_lines_are_named_at_their_ends_and_do_not_overlap():
    series = [Series("v14", DAYS, [0.5, 0.6, 0.81]), Series("v13", DAYS, [0.5, 0.6, 0.80])]
    names = charts.line("s", "S", series).figure["layout"]["annotations"]
    assert [name["text"] for name in names] == ["v14", "v13"]
    assert names[0]["yshift"] - names[1]["yshift"] >= 10


def test_a_series_without_values_has_no_name_at_its_end():
    series = [Series("v14", DAYS, [1, 2, 3]), Series("v13", DAYS, [None, None, None])]
    assert len(charts.line("s", "S", series).figure["layout"]["annotations"]) == 1


def test_more_than_six_series_become_five_and_others():
    many = [Series(f"t{n}", ["a", "b"], [n, 1]) for n in range(8)]
    chart = charts.bars("spend", "Spend", many)
    assert chart.columns == ["", "t7", "t6", "t5", "t4", "t3", "others"]
    assert chart.rows[0] == ["a", 7, 6, 5, 4, 3, 3.0]


def test_the_csv_link_holds_the_table_itself():
    chart = charts.bars("spend", "Spend", [Series("=acme", ["a"], [1])])
    assert chart.csv_url == "data:text/csv;charset=utf-8,%2C%27%3Dacme%0D%0Aa%2C1%0D%0A"


def test_a_csv_of_the_page_takes_its_place():
    assert charts.bars("s", "S", [Series("a", ["x"], [1])], csv_url="/spend.csv").csv_url == "/spend.csv"


def test_no_series_draw_nothing():
    assert charts.line("s", "S", []).rows == []


def test_the_map_style_that_charts_js_forestalls_is_the_installed_librarys():
    used = re.search(r'MAP_STYLE = "(\w+)"', Path("static/js/charts.js").read_text(encoding="utf-8"))
    library = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    assert used is not None
    assert f'getElementById("{used[1]}")' in library.read_text(encoding="utf-8")
