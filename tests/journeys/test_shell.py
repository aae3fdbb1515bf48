"""The shell in a real browser: keyboard, theme, narrow screens, accessibility, a silent console."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.xdist_group("journeys")  # one console for all

PAGES = ["/", "/search/?q=support", "/audit/", "/admin/", "/nothing-here/"]
# What axe's script needs of a page; the console's own policy would refuse it.
AUDITED = {"bypass_csp": True}


def violations(page):
    found = Axe().run(page).response["violations"]
    return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_the_shell_have_no_accessibility_violation(sign_in, scheme):
    page = sign_in("admin@demo", color_scheme=scheme, **AUDITED)
    for path in PAGES:
        page.goto(path)
        assert (path, violations(page)) == (path, [])


def test_a_phone_has_no_accessibility_violation_and_no_sideways_scroll(sign_in):
    page = sign_in("admin@demo", viewport={"width": 390, "height": 844}, **AUDITED)
    for path in PAGES:
        page.goto(path)
        assert (path, violations(page)) == (path, [])
        assert (path, page.evaluate("document.documentElement.scrollWidth")) == (path, 390)


def test_slash_searches_and_arrows_choose(sign_in):
    page = sign_in("engineer@demo")
    page.keyboard.press("/")
    page.keyboard.type("support-summary")
    page.locator(".suggest a").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/features/support-summary/")
    assert page.problems == []


def test_the_chosen_theme_stays_and_no_other_flashes(sign_in):
    page = sign_in("engineer@demo", color_scheme="light")
    page.get_by_role("button", name="Light or dark").click()
    page.goto("/search/")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 17, 19)"
    assert page.problems == []


def test_the_menu_of_a_phone_opens_without_scripts(sign_in, browser):
    page = sign_in("engineer@demo", viewport={"width": 390, "height": 844})
    state = page.context.storage_state()
    with browser.new_context(
        java_script_enabled=False, storage_state=state, viewport={"width": 390, "height": 844}
    ) as context:
        plain = context.new_page()
        plain.goto(page.url)
        assert not plain.locator("#rail").is_visible()
        plain.get_by_role("link", name="Menu", exact=True).click()
        plain.get_by_role("link", name="Prompts", exact=True).click()
        plain.wait_for_url("**/prompts/")


def test_the_switcher_narrows_the_list(sign_in):
    page = sign_in("engineer@demo")
    page.goto("/prompts/")
    page.locator("#rail-feature").select_option("support-summary")
    page.wait_for_url("**/prompts/?feature=support-summary")
    assert page.problems == []


def test_the_auditor_checks_the_chain_and_filters(sign_in):
    page = sign_in("auditor@demo")
    page.goto("/audit/")
    page.get_by_role("button", name="Check the chain now").click()
    page.get_by_text("Chain intact").wait_for()
    page.get_by_label("To", exact=True).fill("support-summary")
    page.wait_for_url("**/audit/?object=support-summary")
    assert page.problems == []
