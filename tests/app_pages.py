"""The app's pages for tests: without a browser, and in one that remembers what went wrong."""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

from playwright.sync_api import expect

ROOT = pathlib.Path(__file__).resolve().parents[1]
MAIN = ROOT / "app/main.py"
PAGES = {
    "data": ("Data", "Données", "Daten"),
    "listen": ("Listen and look", "Écouter et voir", "Hören und Sehen"),
    "method": ("How it works", "Comment ça marche", "So funktioniert es"),
    "detectors": ("Detectors", "Détecteurs", "Detektoren"),
    "results": ("Results", "Résultats", "Ergebnisse"),
    "your_machine": ("Your machine", "Votre machine", "Ihre Maschine"),
    "own_clip": ("Your own clip", "Votre extrait", "Ihre Aufnahme"),
}
LANGUAGES = ("en", "fr", "de")
# milliseconds that a page may take on a busy machine
WAIT = 60_000


def opened(root, monkeypatch, page, language="en", **state):
    """Run a page of the app in a folder of the project."""
    from streamlit.testing.v1 import AppTest

    monkeypatch.chdir(root)
    monkeypatch.syspath_prepend(str(ROOT / "app"))
    script = f"from ui import frame\nframe.show(default={page!r})"
    app = AppTest.from_string(script, default_timeout=120)
    app.session_state["lang"] = language
    for key, value in state.items():
        app.session_state[key] = value
    return app.run()


def said(app):
    """Return all that a page says."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(each.value) for kind in kinds for each in getattr(app, kind))


def browser_path():
    return next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )


@contextlib.contextmanager
def started(root):
    """Serve the app in a folder as `make app` does; gives its address and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(MAIN), "--server.headless=true"]
    command += [f"--server.port={port}"]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    server = subprocess.Popen(
        command, cwd=root, env={**os.environ, **threads}, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert server.poll() is None, "the app did not start"
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/_stcore/health").read()
                break
            time.sleep(0.1)
        yield address, server.pid
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def served(root):
    """Serve the app in a folder of the project; gives its address."""
    with started(root) as (address, _):
        yield address


class Visit:
    """A page of the browser that remembers what went wrong on it."""

    def __init__(self, browser, address, width, language):
        self.address, self.language, self.problems = address, language, []
        self.page = browser.new_page(viewport={"width": width, "height": 900})
        self.page.set_default_timeout(WAIT)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", self._asked)

    def _heard(self, message):
        # Streamlit itself asks below a page's address first whether its server is there
        place = urllib.parse.urlparse(message.location.get("url", "")).path
        if re.fullmatch(r"/\w+/_stcore/(health|host-config)", place) and " 404 " in message.text:
            return
        # of plots that are drawn by the graphics card a browser keeps sixteen
        if message.type == "error" or "WebGL contexts" in message.text:
            self.problems.append(message.text)

    def _asked(self, request):
        if not request.url.startswith((self.address, "ws:", "data:", "blob:")):
            self.problems.append(f"asked {request.url}")

    def open(self, name):
        """Go to a page by the menu, as a reader does."""
        title = PAGES[name][LANGUAGES.index(self.language)]
        if self.page.url == "about:blank":
            self.page.goto(f"{self.address}/?lang={self.language}")
            self.page.wait_for_selector("h1")
        narrow = self.page.viewport_size["width"] < 640
        if narrow:
            self.page.get_by_test_id("stExpandSidebarButton").click()
        self.page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click()
        self.page.get_by_role("heading", name=title, level=1).wait_for()
        self.settle()
        if narrow and not self.page.get_by_test_id("stExpandSidebarButton").is_visible():
            self.page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
            self.settle()

    def settle(self):
        """Wait until the page has nothing more to do."""
        self.page.wait_for_timeout(300)
        self.page.wait_for_function(
            "() => document.querySelector('[data-testid=stApp]')"
            ".getAttribute('data-test-script-state') === 'notRunning'"
        )
        self.page.wait_for_timeout(300)

    def reads(self, *texts):
        """Wait until the page says all of this: pictures and sentences come one by one."""
        main = self.page.get_by_test_id("stMain")
        for text in texts:
            expect(main).to_contain_text(text, use_inner_text=True)

    def is_whole(self):
        """Nothing on the page has failed, nothing reaches beyond the screen."""
        expect(self.page.get_by_test_id("stException")).to_have_count(0)
        self.page.wait_for_function(
            "() => document.documentElement.scrollWidth <= window.innerWidth"
        )
        assert self.problems == []
