import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.template import engines

from aiops.core import clock

SPRITE = set(re.findall(r'<symbol id="([\w-]+)"', Path("static/icons.svg").read_text(encoding="utf-8")))
TEMPLATES = sorted(Path("templates").rglob("*.html"))


def render(source, **context):
    return engines["django"].from_string(source).render(context)


def test_icon_is_decoration_from_the_sprite():
    assert render('{% icon "home" %}') == (
        '<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#home"/></svg>'
    )
    assert 'class="icon bad"' in render('{% icon "block" "bad" %}')


def test_chip_has_an_icon_and_a_word_and_escapes_it():
    chip = render('{% chip "good" "ok" word %}', word="<b>Pass</b>")
    assert chip.startswith('<span class="chip chip--good"><svg')
    assert chip.endswith("&lt;b&gt;Pass&lt;/b&gt;</span>")
    assert render('{% chip "neutral" "clock" "Waiting" %}').startswith('<span class="chip"><svg')


def test_meter_draws_done_and_failed_as_attributes():
    drawn = render("{% meter 50 25 100 %}")
    assert 'aria-label="50 of 100, 25 failed"' in drawn
    assert '<rect class="done" width="50.00%"' in drawn
    assert '<rect class="failed" x="50.00%" width="25.00%"' in drawn


@pytest.mark.parametrize("numbers", ["0 0 0", "None None None"])
def test_meter_of_nothing_is_empty(numbers):
    assert 'width="0.00%"' in render("{% meter " + numbers + " %}")


def test_meter_never_runs_over():
    assert '<rect class="failed" x="100.00%" width="0.00%"' in render("{% meter 120 30 100 'warn' %}")


def test_job_bar_says_its_progress():
    assert 'aria-valuenow="63"' in render("{% job_bar 252 6 412 %}")


def test_interval_is_a_point_with_its_bounds():
    drawn = render('{% interval 0.4 0.5 0.6 tone="block" limit=0.8 zero=0 %}')
    assert 'class="interval interval--block"' in drawn
    assert 'class="ci" x1="40.00%" x2="60.00%"' in drawn
    assert 'class="limit" x1="80.00%"' in drawn
    assert 'class="zero" x1="0.00%"' in drawn
    assert 'cx="50.00%"' in drawn


def test_interval_may_have_another_scale():
    assert 'cx="50.00%"' in render("{% interval -0.1 0.0 0.1 start=-0.5 end=0.5 %}")
    assert ">-50<" in render('{% interval_axis "points" start=-0.5 end=0.5 %}')


def test_interval_of_nothing_is_a_dash():
    assert render("{% interval None 0.5 None %}") == '<span class="muted">–</span>'


def test_spark_needs_two_points():
    assert "polyline" in render("{% spark values %}", values=[1, None, 3])
    assert render("{% spark values %}", values=[1]) == '<span class="muted">–</span>'
    assert "polyline" in render("{% spark values 'flat' 'bad' %}", values=[2, 2])


def test_filters_say_figures_for_people():
    assert render(
        "{{ 12345|num }} {{ amount|usd }} {{ none|usd }}", amount=Decimal("0.0001938"), none=None
    ) == ("12,345 $0.000194 –")
    assert render("{{ 1.5|usd }}") == "$1.50"
    assert render("{{ 0.5|percent:10 }} {{ 0.5|percent }} {{ 1500|duration }}") == (
        "50\N{NO-BREAK SPACE}% 50.0\N{NO-BREAK SPACE}% 1.50\N{NO-BREAK SPACE}s"
    )
    assert render("{{ rows|item:'a' }}", rows={"a": 1}) == "1"


def test_ago_carries_the_absolute_time():
    when = clock.now() - timedelta(hours=2)
    said = render("{{ when|ago }}", when=when)
    assert said.startswith(f'<time datetime="{when.isoformat()}" title="{when:%Y-%m-%d %H:%M:%S} UTC">2')
    assert render("{{ when|ago }}", when=None) == "–"


def test_prompt_marks_its_variables_and_escapes_the_rest():
    drawn = render("{% prompt text 'user' %}", text="<script>\nTicket: {{ ticket }}")
    assert "&lt;script&gt;" in drawn
    assert '<span class="var">{{ ticket }}</span>' in drawn
    assert '<li class="prompt__role">user</li>' in drawn


def test_capture_keeps_what_its_block_says():
    assert render("{% capture words %} a {% endcapture %}[{{ words }}]") == "[a]"


def test_the_tokens_come_first_of_the_stylesheets():
    links = re.findall(r"css/([\w-]+)\.css", render("{% stylesheets %}"))
    assert links[:2] == ["tokens", "base"]
    assert set(links) == {path.stem for path in Path("static/css").glob("*.css")}


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_every_icon_of_a_template_is_in_the_sprite(path):
    text = path.read_text(encoding="utf-8")
    named = re.findall(r'{% icon "([\w-]+)"', text) + re.findall(r'{% chip "\w+" "([\w-]+)"', text)
    named += re.findall(r'\bicon="([\w-]+)"', text)
    assert set(named) <= SPRITE


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_a_template_has_no_inline_script_style_or_handler(path):
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text) == []
    assert re.findall(r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", text) == []
    assert "|safe" not in text
    assert "autoescape off" not in text


def test_the_whole_css_stays_small():
    assert sum(len(path.read_text().splitlines()) for path in Path("static").rglob("*.css")) < 1500
