"""The app: see and hear what the workflow computed. Run with `make app`."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent

# The library lies beside the app, so that a copy of the project runs its own code.
for folder in (HERE, HERE.parent / "scripts"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import streamlit as st  # noqa: E402

from ui import frame  # noqa: E402

st.set_page_config(page_title="PyGoodVibes", page_icon=str(HERE / "ui" / "icon.svg"), layout="wide")
frame.show()
