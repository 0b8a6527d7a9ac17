"""A page as PDF, printed by the browser that is on the machine."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from pygoodvibes.util.errors import UserError

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
"""Names of browsers that can print without a window, the first that is found is taken."""

PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
"""Where browsers are that no search path leads to."""

SECONDS = 180
"""A browser that has not printed by then never will."""


def find_browser() -> str:
    """Return the browser to print with.

    Raises
    ------
    UserError
        If there is none.
    """
    paths = filter(None, map(shutil.which, (*BROWSERS, *PLACES)))
    try:
        return next(paths)
    except StopIteration:
        raise UserError(
            "no browser to print the PDF with; install Chromium, Chrome or Edge (on Debian: "
            "apt-get install chromium), or open the page in any browser and print it from there"
        ) from None


def unfolded(page: str) -> str:
    """Return a page with all that can be unfolded open: nobody unfolds paper."""
    return re.sub(r"<details(?=[\s>])(?! open)", "<details open", page)


def shortened(page: str) -> str:
    """Return a page that prints what who runs the machines needs: its style hides the rest."""
    return page.replace("<body>", '<body class="short">', 1)


def print_page(page: pathlib.Path, pdf: pathlib.Path, *, whole: bool = False) -> None:
    """Print an HTML page to PDF.

    Parameters
    ----------
    page : pathlib.Path
        HTML file that needs no other file.
    pdf : pathlib.Path
        File to write.
    whole : bool
        Print all of it, unfolded. Otherwise what its style keeps for four sheets of paper.

    Raises
    ------
    UserError
        If the page is missing, there is no browser, or it doesn't print.
    """
    if not page.is_file():
        raise UserError("{page}: no such page yet; run `make results` first", page=page)
    browser = find_browser()
    # beside the PDF: a browser in a sandbox of its own may not see the folder for temporary files
    with tempfile.TemporaryDirectory(prefix=".printing-", dir=pdf.parent) as folder:
        copy = pathlib.Path(folder, "page.html").resolve()
        text = page.read_text(encoding="utf-8")
        copy.write_text(unfolded(text) if whole else shortened(text), encoding="utf-8")
        printed = copy.with_name("page.pdf")
        command = [browser, "--headless", "--disable-gpu", "--no-pdf-header-footer"]
        command += [f"--user-data-dir={copy.with_name('profile')}", f"--print-to-pdf={printed}"]
        if sys.platform == "linux" and os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium refuses to run as root otherwise
        try:
            done = subprocess.run(
                [*command, copy.as_uri()], capture_output=True, text=True, timeout=SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UserError(
                "{browser} can't print {page}: {error}", browser=browser, page=page, error=error
            ) from None
        if done.returncode or not printed.is_file():
            said = " ".join(done.stderr.split())[-300:]
            raise UserError(
                "{browser} can't print {page} (exit code {code}): {said}; open the page in a "
                "browser and print it from there",
                browser=browser,
                page=page,
                code=done.returncode,
                said=said,
            )
        printed.replace(pdf)
