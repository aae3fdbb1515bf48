"""From a fresh console to scores per category: real cases, a real HTTP model server, a real browser."""

import json
import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.journeys import steps
from tests.journeys.console import SHARED, expectations
from tests.journeys.models import model_server

pytestmark = pytest.mark.xdist_group("journeys")  # one console for all

DATA = SHARED / "data"
TRIAGE = """---
name: {name}
description: The intent of a message
model: {model}
parameters: {{temperature: 0, max_tokens: 40}}
variables: {{message: {{type: string}}}}
---
<<<system>>>
Answer with the customer's intent and nothing else.
<<<user>>>
{{{{ message }}}}
"""
QUESTION = """---
name: {name}
description: An answer from a paragraph
model: {model}
parameters: {{temperature: 0, max_tokens: 100}}
variables: {{question: {{type: string}}, context: {{type: string}}}}
---
<<<user>>>
{{{{ context }}}}

{{{{ question }}}}
"""
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not beside this checkout")


def unique(stem: str) -> str:
    return f"{stem}-{uuid.uuid4().hex[:6]}"


def inputs_of(file) -> list[str]:
    return list(json.loads(file.read_text(encoding="utf-8").splitlines()[0])["inputs"])


@needs_data
def test_engineer_evaluates_banking77_against_a_model_server_and_reads_scores_per_category(sign_in):
    file, name = DATA / "banking77_test.jsonl", unique("triage")
    with model_server(f"expected:{file}:7", latency=0.05) as base_url:
        steps.add_vendor(sign_in("admin@demo"), name, base_url)
        page = sign_in("engineer@demo")
        steps.import_cases(page, name, file)
        expect(page.get_by_text("770").first).to_be_visible()
        steps.write_prompt(page, name, "ticket-triage", TRIAGE.format(name=name, model=f"{name}-model"))
        page.goto(f"/datasets/{name}/settings/")
        page.locator("main").get_by_label(re.compile("^Feature")).select_option(label="ticket-triage")
        page.get_by_role("button", name="Save").click()
        steps.start_evaluation(page, "ticket-triage", name, name, f"{name}-model")
        page.get_by_label("Exact match").check()
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".job")).to_be_visible()
        expect(page.get_by_text(re.compile(r"of 770")).first).to_be_visible()
        expect(page.get_by_text("Finished", exact=True).first).to_be_visible(timeout=30_000)
        sentence = page.locator(".verdict__sentence")
        expect(sentence).to_contain_text("660 of 770 cases pass")
        expect(page.get_by_role("row", name=re.compile("top_up")).first).to_be_visible()
        assert page.problems == []


@needs_data
def test_engineer_reads_scores_per_locale_of_a_multilingual_set(sign_in):
    file, name = DATA / "xquad_multilingual.jsonl", unique("xquad")
    assert set(inputs_of(file)) == {"question", "context"}
    with model_server(f"expected:{file}:9") as base_url:
        steps.add_vendor(sign_in("admin@demo"), name, base_url)
        page = sign_in("engineer@demo")
        steps.import_cases(page, name, file, feature="policy-answers")
        steps.write_prompt(page, name, "policy-answers", QUESTION.format(name=name, model=f"{name}-model"))
        steps.start_evaluation(page, "policy-answers", name, name, f"{name}-model")
        page.get_by_label("Word overlap (F1)").check()
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("Finished", exact=True).first).to_be_visible(timeout=30_000)
        for locale in ("ja", "ar", "zh"):
            expect(page.get_by_role("row", name=re.compile(rf"^{locale} ")).first).to_be_visible()
        assert page.problems == []


@needs_data
def test_broken_files_are_refused_in_the_browser_with_line_and_problem(sign_in):
    page, name = sign_in("engineer@demo"), unique("broken")
    page.goto("/datasets/new/")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make it and import cases").click()
    for broken in expectations():
        steps.upload(page, DATA / "malformed" / str(broken["file"]))
        said = page.locator("main").inner_text()
        assert broken["line"] is None or re.search(rf"(line )?{broken['line']}\b", said), broken
        expect(page.get_by_role("button", name="Check the file")).to_be_visible()
    page.goto(f"/datasets/{name}/")
    expect(page.get_by_text("No ", exact=False).first).to_be_visible()


@needs_data
def test_broken_files_are_refused_at_the_shell_with_line_and_problem(console):
    for number, broken in enumerate(expectations()[:3]):  # the rest in tests/datasets, in one process
        file = str(DATA / "malformed" / str(broken["file"]))
        done = console.manage("datasets", "import", file, "--name", f"shell-broken-{number}", check=False)
        assert done.returncode == 2, broken
        assert "Traceback" not in done.stderr + done.stdout
        assert broken["line"] is None or re.search(rf"line {broken['line']}\b", done.stderr), (
            broken,
            done.stderr,
        )
