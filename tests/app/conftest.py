"""A browser, and the app of a small run in it."""

import os

import pytest
from playwright.sync_api import expect, sync_playwright

from app_pages import WAIT, Visit, browser_path, served


@pytest.fixture(scope="session")
def browser():
    path = browser_path()
    if path is None:
        if os.environ.get("PYGOODVIBES_REQUIRE_BROWSER"):
            pytest.fail("no Chromium: install it (Debian: apt-get install chromium)")
        pytest.skip("no Chromium: install it (Debian: apt-get install chromium)")
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        chromium = playwright.chromium.launch(executable_path=path, args=options)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(small):
    with served(small) as address:
        yield address


@pytest.fixture
def visit(browser, site):
    """Open the app in the browser: width, language."""
    visits = []

    def start(width=1280, language="en", address=None):
        visits.append(Visit(browser, address or site, width, language))
        return visits[-1]

    yield start
    for each in visits:
        each.page.close()
