import io
import json
from xml.etree import ElementTree as ET

import pytest
from django.core.management import CommandError, call_command

from aiops.datasets import actions as datasets
from aiops.evaluations import actions, runner, waiting
from aiops.evaluations.models import Run
from aiops.providers.errors import Timeout
from tests.evaluations.stage import BY, make_stage, raising
from tests.factories import (
    make_classifier,
    make_label,
    make_prompt,
    make_rule_set,
    make_rules,
    make_trained,
    make_version,
)
from tests.factories.gateway import make_rollup

pytestmark = pytest.mark.django_db
CASES = [
    {"key": "a-1", "inputs": {"ticket": "one"}, "expected": "one", "category": "refund", "locale": "en"},
    {"key": "b-2", "inputs": {"ticket": "two \x01"}, "expected": "x", "category": "account", "locale": "ja"},
]


@pytest.fixture
def stage(provider):
    made = make_stage(CASES)
    dataset = made.dataset_version.dataset
    dataset.scorers = [{"type": "contains"}]
    dataset.save()
    return made


def evaluate(stage, *more, **values):
    given = {
        "feature": stage.feature.slug,
        "version": stage.version.number,
        "dataset": stage.dataset_version.dataset.name,
        "model": stage.model.name,
        **values,
    }
    arguments = [f"--{name}={value}" for name, value in given.items() if value is not None]
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("evaluate", *arguments, *more, stdout=out, stderr=err)
    except CommandError as error:
        code, message = error.returncode, str(error)
        return code, out.getvalue(), err.getvalue() + message
    except SystemExit as left:
        code = int(left.code or 0)
    return code, out.getvalue(), err.getvalue()


def test_a_finished_run_is_reported_and_exits_0(stage, tmp_path):
    code, out, err = evaluate(stage, f"--json={tmp_path / 'r.json'}", f"--junit={tmp_path / 'r.xml'}")
    run = Run.objects.get()
    assert code == 0
    assert f"Run {run.pk}: finished, 2 of 2 results, 1 of 2 of 2 cases pass every scorer." in out
    assert "refund" in out
    assert "collecting, 1 of 20" in out
    assert f"{stage.version} on {stage.model}" in err
    figures = json.loads((tmp_path / "r.json").read_text())
    assert (figures["state"], figures["scorers"]["contains"]["passed"]) == ("finished", 1.0)
    assert figures["categories"]["refund"]["*"]["n"] == 1
    assert figures["scorers"]["*"]["low"] is None
    suite = ET.parse(tmp_path / "r.xml").getroot()[0]  # noqa: S314 - we wrote it a moment ago
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert [case.get("name") for case in suite] == ["a-1", "b-2"]
    assert suite[1][0].get("message") == "contains"


def test_errors_of_cases_are_reported_and_exit_0(stage, provider, tmp_path):
    provider.answer = raising(Timeout("No answer."))
    code, out, _ = evaluate(stage, f"--junit={tmp_path / 'r.xml'}", repeats=2, ceiling="5")
    assert code == 0
    assert "4 x timeout: No answer." in out
    assert "of at most $5.00" in out
    suite = ET.parse(tmp_path / "r.xml").getroot()[0]  # noqa: S314 - we wrote it a moment ago
    assert suite[1].get("name") == "a-1 #2"
    assert suite[0][0].tag == "error"


def test_many_cases_have_intervals(provider):
    stage = make_stage([{"expected": "never"} for _ in range(25)])
    _, out, _ = evaluate(stage, scorers='[{"type": "contains"}, {"type": "token_f1"}]')
    assert "0 % to 13 %" in out
    assert "0.000" in out


def test_a_run_that_stops_exits_3(stage):
    code, out, _ = evaluate(stage, ceiling="0.001")
    assert code == 3
    assert "stopped at its ceiling" in out


def test_a_run_that_takes_too_long_is_cancelled_and_exits_3(stage):
    code, _, err = evaluate(stage, timeout="0")
    assert code == 3
    assert "is not over after 0 s: cancelling it." in err
    assert Run.objects.get().state == "cancelled"


def test_an_interrupt_cancels_the_run(stage, monkeypatch):
    def interrupted(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(waiting, "follow", interrupted)
    code, _, err = evaluate(stage)
    assert (code, Run.objects.get().state) == (3, "cancelled")
    assert "Interrupted" in err


def test_an_interrupt_in_the_middle_gives_the_shard_back(stage, monkeypatch):
    look = waiting.Follower.look

    def impatient(follower):
        look(follower)
        if follower.run.state == "running":
            raise KeyboardInterrupt

    monkeypatch.setattr(waiting.Follower, "look", impatient)
    code, _, _ = evaluate(stage)
    run = Run.objects.get()
    assert (code, run.state, run.shards.get().slots) == (3, "cancelled", 0)


def test_a_run_that_ends_meanwhile_is_left_alone(stage, monkeypatch):
    def late(run, *_args):
        actions.cancel_run(by=BY, run=run)
        raise waiting.OutOfTime

    monkeypatch.setattr(waiting, "follow", late)
    assert evaluate(stage, timeout="1")[0] == 3


def test_follow_waits_for_workers(stage, monkeypatch):
    run = stage.start()
    Run.objects.filter(pk=run.pk).update(state="running", started_at=run.created_at)
    told = []

    def nap(_seconds):
        run.shards.update(state="finished", slots=0)

    monkeypatch.setattr(waiting.time, "sleep", nap)
    assert waiting.follow(run, told.append).state == "finished"
    assert told[0].state == "running"


FILE = b"---\nname: %s\nmodel: %s\nvariables: {ticket: {type: string}}\n---\nSay {{ ticket }}\n"


def test_a_prompt_file_becomes_a_version_without_a_label_once(stage, tmp_path):
    path = tmp_path / "fresh.prompt"
    path.write_bytes(FILE % (b"fresh", stage.model.name.encode()))
    code, _, err = evaluate(stage, f"--prompt-file={path}", version=None, model=None)
    assert code == 0
    assert "is kept as fresh v1, without a label." in err
    code, _, err = evaluate(stage, f"--prompt-file={path}", version=None, model=None)
    assert (code, "is fresh v1." in err) == (0, True)


def test_a_draft_that_moved_on_is_mentioned(stage):
    dataset = stage.dataset_version.dataset
    type(dataset).objects.update(unfrozen_count=3)
    assert f"3 changes of the draft are not in {stage.dataset_version}." in evaluate(stage)[2]
    assert "changes of the draft" not in evaluate(stage, dataset=f"{dataset.name}@1")[2]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"feature": "nope"}, "There is no feature 'nope'. There are: "),
        ({"dataset": "nope"}, "There is no dataset 'nope'. There are: "),
        ({"version": 99}, "has no version 99."),
        ({"model": "nope"}, "There is no model 'nope' with a price."),
        ({"model": None}, "The prompt version names no model: give --model."),
        ({"prompt": "nope"}, "has no prompt 'nope'. There are: "),
        ({"scorers": "["}, "--scorers is not JSON: "),
        ({"scorers": "{}"}, "--scorers has to be a list: "),
        ({"scorers": '[{"type": "vibes"}]'}, "scorer 1: there is no scorer 'vibes'"),
        ({"ceiling": "much"}, "--ceiling 'much' is no amount of USD"),
        ({"ceiling": "NaN"}, "--ceiling 'NaN' is no amount of USD"),
        ({"repeats": 77}, "Repeats are 1 to 10, not 77."),
        ({"version": None, "prompt-file": "/nowhere.prompt"}, "No such file or directory"),
    ],
)
def test_what_is_asked_wrongly_exits_2_in_words(stage, values, message):
    code, _, err = evaluate(stage, **values)
    assert code == 2
    assert message in err
    assert not Run.objects.exists()


def test_datasets_that_cannot_be_evaluated(stage):
    dataset = stage.dataset_version.dataset
    assert "has no version 7." in evaluate(stage, dataset=f"{dataset.name}@7")[2]
    make_prompt(feature=stage.feature)
    assert "has 2 prompts: give --prompt." in evaluate(stage)[2]
    assert evaluate(stage, prompt=stage.version.prompt.name)[0] == 0


def test_a_dataset_without_a_version_says_how_to_freeze(stage):
    made = datasets.create_dataset(by=BY, name="unfrozen")
    assert f"manage.py datasets freeze {made.name}" in evaluate(stage, dataset=made.name)[2]


GATED = [
    {"key": f"{locale}-{n}", "inputs": {"ticket": f"{locale} {n}"}, "expected": "good", "locale": locale}
    for locale in ("en", "ja")
    for n in range(40)
]


@pytest.fixture
def gated(provider):
    """A version in production with a run where all is good; `provider.answer` is what comes next."""
    made = make_stage(GATED)
    dataset = made.dataset_version.dataset
    dataset.scorers = [{"type": "contains"}]
    dataset.save()
    production = make_version(prompt=made.version.prompt, parameters={"max_tokens": 100})
    make_label(prompt=production.prompt, version=production, name="production")
    provider.answer = lambda _request: "good"
    runner.run_inline(made.start(version=production).pk)
    return made


def only_english(request):
    return "good" if "en" in request.messages[-1].content else "broken"


def test_a_pass_exits_0(gated):
    code, out, _ = evaluate(gated)
    assert code == 0
    assert out.startswith("PASS: The average stayed the same; at worst it fell 3, and you allow 5.")


def test_a_block_exits_10_and_is_reported_everywhere(gated, provider, tmp_path):
    provider.answer = only_english
    files = {name: tmp_path / f"report.{name}" for name in ("json", "junit", "markdown")}
    code, out, _ = evaluate(
        gated, *(f"--{name}={path}" for name, path in files.items()), baseline="production"
    )
    assert code == 10
    assert out.startswith("BLOCK: The average fell 50 points (")
    assert "Fallen as well: Japanese." in out
    assert "Japanese       40    100 %      0 %   -100.0" in out.replace("−", "-")
    gate = json.loads(files["json"].read_text())["gate"]
    assert (gate["verdict"], gate["locale"][0]["name"], gate["flipped"]["down"][0]) == ("BLOCK", "ja", "ja-0")
    suite = ET.parse(files["junit"]).getroot()[0]  # noqa: S314 - we wrote it a moment ago
    failed = {test.get("name"): test[0].get("message") for test in suite if len(test)}
    assert failed["Japanese"] == "fell 100 points"
    assert failed["ja-3"] == "passed before and fails now"
    assert suite.get("failures") == "42"
    text = files["markdown"].read_text()
    assert text.startswith("### BLOCK: The average fell 50 points")
    assert "| Japanese | 40 |" in text
    assert "Pass to fail, 40: `ja-0`, " in text
    assert "and 30 more" in text


def test_reports_carry_the_total_of_the_live_mix(gated, provider, tmp_path):
    provider.answer = only_english
    slug = Run.objects.get().feature.slug
    for locale, count in (("en", 900), ("ja", 100)):
        make_rollup(feature=slug, locale=locale, calls=count)
    code, out, _ = evaluate(gated, f"--json={tmp_path / 'r.json'}", f"--markdown={tmp_path / 'r.md'}")
    assert code == 10
    said = "Re-weighted to the live mix of the last 28 days (1,000 calls): 90 % ("
    assert said in out
    assert said in (tmp_path / "r.md").read_text().replace("\\", "").replace("\xa0", " ")
    figures = json.loads((tmp_path / "r.json").read_text())["live_mix"]
    assert (figures["total"]["score"], figures["total"]["plain"]) == (pytest.approx(0.9), 0.5)


def test_an_inconclusive_exits_11(gated, provider):
    provider.answer = lambda request: "broken" if request.messages[-1].content.endswith("en 1") else "good"
    code, out, _ = evaluate(gated)
    assert code == 11
    assert "would decide it." in out


def test_without_a_baseline_it_says_so_and_exits_0(gated, tmp_path):
    Run.objects.update(state="failed")
    report = tmp_path / "report.md"
    code, out, _ = evaluate(gated, f"--markdown={report}", f"--json={tmp_path / 'r.json'}")
    assert code == 0
    assert out.startswith("No baseline: ")
    assert report.read_text().startswith("### No baseline: ")
    assert json.loads((tmp_path / "r.json").read_text())["gate"] is None


def test_a_baseline_by_number(gated, provider):
    production = Run.objects.get()
    provider.answer = only_english
    assert evaluate(gated, baseline=str(production.pk))[0] == 10


@pytest.mark.parametrize(
    ("baseline", "message"),
    [
        ("everything", "--baseline is 'production' or the number of a run, not 'everything'."),
        ("99999999", "--baseline is 'production' or the number of a run"),
        ("production", "There is no finished run of another version in production over"),
        ("failed", "is no baseline: it has to be finished"),
    ],
)
def test_a_baseline_that_there_is_not_exits_2_before_anything_is_spent(gated, baseline, message):
    Run.objects.update(state="failed")
    given = str(Run.objects.get().pk) if baseline == "failed" else baseline
    code, _, err = evaluate(gated, baseline=given)
    assert (code, Run.objects.count()) == (2, 1)
    assert message in err


def test_a_policy_that_asks_for_other_scorers_exits_2(gated):
    actions.set_policy(by=BY, feature=gated.feature, required_scorers=["exact"])
    code, _, err = evaluate(gated)
    assert code == 2
    assert "was not judged by exact" in err


@pytest.fixture
def free(stage):
    """Options without the prompt's; what they name is answered here, for nothing."""
    one = make_rule_set(feature=stage.feature, name="sorting")
    for number in (1, 2):
        make_rules(rule_set=one, note=str(number))
    make_trained(classifier=make_classifier(feature=stage.feature, name="learnt"))
    return {"version": None, "model": None}


@pytest.mark.parametrize(
    ("option", "name", "url"),
    [
        ("--rule-set=sorting@v1", "rule set sorting v1", "rules"),
        ("--rule-set=sorting", "rule set sorting v2", "rules"),
        ("--classifier=learnt", "classifier learnt v1", "classifier"),
    ],
)
def test_rule_sets_and_classifiers_are_evaluated_too(stage, free, tmp_path, option, name, url):
    code, out, err = evaluate(stage, option, f"--json={tmp_path / 'r.json'}", **free)
    assert code == 0
    assert f"{name} over {stage.dataset_version}" in err
    assert f"{name} over" in out
    figures = json.loads((tmp_path / "r.json").read_text())
    assert (figures["approach"], figures["prompt"], figures["model"]) == (url, None, None)
    assert Run.objects.get().cost == 0


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--rule-set=nothing", "has no rule set 'nothing' with a version. There are: sorting."),
        ("--rule-set=sorting@9", "has no rule set 'sorting@9' with a version."),
        ("--rule-set=sorting@x", "'sorting@x' is no NAME@VERSION."),
        ("--classifier=sorting", "has no classifier 'sorting' with a version. There are: learnt."),
    ],
)
def test_an_approach_that_there_is_not_exits_2(stage, free, option, message):
    code, _, err = evaluate(stage, option, **free)
    assert code == 2
    assert message in err


def test_rules_are_gated_against_what_is_in_production(stage, free):
    make_label(prompt=stage.version.prompt, version=stage.version, name="production")
    runner.run_inline(stage.start().pk)
    code, out, _ = evaluate(stage, "--rule-set=sorting", "--baseline=production", **free)
    assert code == 11
    assert out.startswith("INCONCLUSIVE: ")


def test_outputs_are_reused_where_it_is_asked_for(stage, provider):
    first = runner.run_inline(stage.start().pk)
    code, out, _ = evaluate(stage, "--reuse")
    assert code == 0
    assert f"2 of 2 outputs reused from run {first.pk}." in out
    assert len(provider.asked) == 2
