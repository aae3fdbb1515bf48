"""A real Chromium on a console that runs. All journeys share one console, so they run on one worker."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.journeys.console import Console

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    """Journeys are required where CI is set; elsewhere they are skipped where no browser is found."""
    absent = pytest.mark.skip(reason="no Chromium found; set CHROMIUM to its path")
    for item in items:
        if "journeys" not in item.path.parts:
            continue
        item.add_marker(pytest.mark.journey)
        if not CHROMIUM and not os.environ.get("CI"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def console():
    home = Path(tempfile.mkdtemp(prefix="aiops-journey-", dir="/tmp"))
    running = Console(home)
    running.start()
    yield running
    running.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="package")  # not the session: its event loop would stand in the way of other tests
def browser():
    assert CHROMIUM, "CI asks for browser journeys, and no Chromium is installed"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def sign_in(browser, console):
    """`sign_in("engineer@demo")` is a page of a browser of its own, signed in as that person."""
    contexts = []

    def enter(email, **options):
        context = browser.new_context(
            base_url=console.url, viewport=options.pop("viewport", {"width": 1280, "height": 800}), **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        problems = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        page.problems = problems
        page.goto("/accounts/sign-in/")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password", exact=True).fill(console.password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{console.url}/")
        return page

    yield enter
    for context in contexts:
        context.close()
