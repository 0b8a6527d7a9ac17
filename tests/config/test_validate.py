import re

from hypothesis import example, given
from hypothesis import strategies as st

from pygoodvibes.config.config import Config
from pygoodvibes.config.validate import validate
from pygoodvibes.embeddings.registry import METHODS, settings_of
from pygoodvibes.util.errors import UserError
from settings_to_check import minimal

SECTIONS = ("audio", "mel", "projection", "held_out", "threshold")
KEYS = [
    (section, key, {})
    for section in SECTIONS
    for key in Config.model_fields[section].annotation.model_fields
] + [
    ("embedding", key, {"method": method})
    for method in METHODS
    for key in settings_of(method).model_fields
]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=4,
)


STEP = r"[\w.-]+( [\w.-]+)*|'.*'|\".*\""
"""A key in a path: as it is, or in quotes where it could not be told from what is around it."""


@example(place=("embedding", "needs", {"method": "onnx"}), value={"": None})
@given(place=st.sampled_from(KEYS), value=anything)
def test_whatever_is_set_is_accepted_or_told_by_its_path(place, value):
    section, key, table = place
    try:
        validate(minimal(**{section: {**table, key: value}}), name="my.yaml")
    except UserError as error:
        for line in str(error).splitlines():
            assert re.match(rf"my\.yaml: {section}(\.({STEP}))*: .", line), line


@given(value=anything)
def test_whatever_a_section_is_the_message_is_a_users(value):
    for section in ("dataset", "detectors", "mel", "figures"):
        try:
            validate(minimal(**{section: value}), name="my.yaml")
        except UserError as error:
            assert str(error).startswith(f"my.yaml: {section}")
