"""What surrounds every page: language, data set, navigation, and what to do without results."""

import pathlib

import streamlit as st

from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow import run_folders
from ui import load, pick
from ui.language import LANGUAGES, sentence, t
from ui.pages import data, detectors, listen, method, own_clip, results, your_machine

PAGES = {
    "data": (data, ":material/donut_large:"),
    "listen": (listen, ":material/hearing:"),
    "method": (method, ":material/account_tree:"),
    "detectors": (detectors, ":material/radar:"),
    "results": (results, ":material/bar_chart:"),
    "your_machine": (your_machine, ":material/precision_manufacturing:"),
    "own_clip": (own_clip, ":material/mic:"),
}

WITHOUT_RESULTS = (your_machine, own_clip)
"""Pages that need no results; each says by itself whose model judges."""

_STYLE = """
<style>
.block-container {padding-top: 3.5rem; padding-bottom: 3rem; max-width: 1500px}
@media (max-width: 640px) {
  .block-container {padding: 4.5rem 0.9rem 3rem}
  h1 {font-size: 1.7rem !important}
  h2, h3 {font-size: 1.25rem !important}
}
*:focus-visible {outline: 3px solid #E69F00 !important; outline-offset: 2px}
</style>
"""


# words of Streamlit's own that it can't be told in another language
_UPLOAD = """
<style>
[data-testid=stFileUploaderDropzone] button p,
[data-testid=stFileUploaderDropzoneInstructions] span {{font-size: 0}}
[data-testid=stFileUploaderDropzone] button p::after {{content: "{choose}"; font-size: 0.875rem}}
[data-testid=stFileUploaderDropzoneInstructions] span::after {{
  content: "{limit}"; font-size: 0.875rem;
}}
</style>
"""


def show(*, default: str = "data") -> None:
    """Show the page asked for; `default` is the one of the bare address."""
    st.html(_STYLE)
    finished, incomplete = run_folders.find_runs(pathlib.Path())
    with st.container(horizontal=True, vertical_alignment="bottom", key="header"):
        _language()
        st.html(_UPLOAD.format(choose=t("frame.choose"), limit=t("frame.limit")))
        chosen = None
        if len(finished) > 1:
            chosen = st.selectbox(
                t("frame.data_set"),
                finished,
                key="data_set",
                bind="query-params",
                label_visibility="collapsed",
                width=200,
            )
        elif finished:
            chosen = finished[0]
    pages = [
        st.Page(
            lambda module=module: _page(module, chosen, incomplete),
            title=t(f"{name}.title"),
            icon=icon,
            url_path="first" if name == default else name,
            default=name == default,
        )
        for name, (module, icon) in PAGES.items()
    ]
    # Streamlit gives the first page the bare address only: that of its own leads there
    first = next(page for page in pages if page.url_path == "")
    own_address = st.Page(
        lambda: st.switch_page(first, query_params=st.query_params.to_dict()),
        title=first.title,
        url_path=default,
        visibility="hidden",
    )
    st.navigation([*pages, own_address], position="sidebar").run()


def _language() -> None:
    """Let the reader switch the language; the link (?lang=fr) or the browser sets the first."""
    if st.session_state.get("lang") not in LANGUAGES:
        asked = st.query_params.get("lang") or (st.context.locale or "")[:2]
        st.session_state["lang"] = asked if asked in LANGUAGES else "en"
    st.segmented_control(
        "Language / Langue / Sprache",
        list(LANGUAGES),
        format_func=LANGUAGES.get,
        required=True,
        key="lang",
        label_visibility="collapsed",
        persist_state="session",
    )
    st.query_params["lang"] = st.session_state["lang"]


def _page(module: object, chosen: str | None, incomplete: dict[str, list[str]]) -> None:
    name = module.__name__.rpartition(".")[2]
    st.title(t(f"{name}.title"))
    run = None
    try:
        run = None if chosen is None else load.run(chosen)
    except UserError as error:
        _refused(error)
    if chosen is None and module not in WITHOUT_RESULTS:
        _nothing_yet(incomplete)
    if run is None and module not in WITHOUT_RESULTS:
        return
    try:
        whose = [] if module in WITHOUT_RESULTS else [pick.data_set(run)]
        st.caption(" ".join([t(f"{name}.intro"), *whose]))
        module.show(run)
    except UserError as error:
        _refused(error)


def _refused(error: UserError) -> None:
    st.error(sentence(error.message), icon=":material/error:")


def _nothing_yet(incomplete: dict[str, list[str]]) -> None:
    st.info(t("frame.no_results"), icon=":material/info:")
    st.code("make results", language="bash")
    for name, missing in incomplete.items():
        st.warning(t("frame.incomplete", name=name, files=", ".join(missing)))
