"""What people do in the console, step by step, in the words of its pages."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from playwright.sync_api import Page, expect


def add_vendor(page: Page, slug: str, base_url: str, calls_at_once: int = 20) -> None:
    """An administrator adds a provider, tries it, adds its model and a price."""
    page.goto("/catalog/providers/new/")
    page.get_by_label("Name").fill(slug)
    page.get_by_label("Slug").fill(slug)
    page.get_by_label("Kind").select_option("openai_compatible")
    page.get_by_label("Base URL").fill(base_url)
    page.get_by_label("API key").fill("sk-journey-0123456789")
    page.get_by_label("Calls at once").fill(str(calls_at_once))
    page.get_by_role("button", name="Add provider").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(slug)
    page.goto("/catalog/models/new/")
    page.get_by_label("Provider").select_option(slug)
    page.get_by_label("Name", exact=True).fill(f"{slug}-model")
    page.get_by_label("Vendor's name").fill("fake-1")
    page.get_by_label("Tier").select_option("small")
    page.get_by_role("button", name="Add model").click()
    page.get_by_label("Input", exact=True).fill("0.15")
    page.get_by_label("Output", exact=True).fill("0.60")
    page.get_by_role("button", name="Set price").click()
    expect(page.get_by_text("In force", exact=True).first).to_be_visible()


def import_cases(page: Page, name: str, file: Path, feature: str = "") -> None:
    """Make a dataset and import a file into it, looking at the preview first."""
    page.goto("/datasets/new/")
    page.get_by_label("Name").fill(name)
    if feature:
        page.locator("main").get_by_label(re.compile("^Feature")).select_option(label=feature)
    page.get_by_role("button", name="Make it and import cases").click()
    upload(page, file)
    page.get_by_role("button", name="Import ", exact=False).click()


def upload(page: Page, file: Path) -> None:
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Check the file").click()


def write_prompt(page: Page, name: str, feature: str, source: str) -> None:
    """Make a prompt of a feature and write its first version."""
    page.goto("/prompts/new/")
    page.get_by_label("Name").fill(name)
    page.locator("main").get_by_label(re.compile("^Feature")).select_option(feature)
    page.get_by_role("button", name="Make the prompt").click()
    page.get_by_label("Prompt file").fill(source)
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def start_evaluation(page: Page, feature: str, dataset: str, version: str, model: str) -> None:
    """Choose what to run, as a person does: each choice offers the next ones."""
    page.goto("/evaluations/new/")
    form = page.locator("#start")
    for label, choice in (("Feature", feature), ("Golden dataset", dataset)):
        field = form.get_by_label(re.compile(f"^{label}"))
        value = field.locator("option", has_text=choice).first.get_attribute("value")
        _and_wait(page, partial(field.select_option, value))
    block = form.locator("details", has_text="Prompt version on a model").first
    if block.get_attribute("open") is None:
        block.locator("summary").click()
    for label, choice in (("Prompt versions", version), ("On models", model)):
        box = form.get_by_role("group", name=label).get_by_label(choice).first
        _and_wait(page, box.check)


def _and_wait(page: Page, act: Callable[[], object]) -> None:
    """Do `act`, and wait until what it changed has been fetched."""
    with page.expect_response(lambda response: response.request.method == "POST"):
        act()
    page.wait_for_load_state("networkidle")
