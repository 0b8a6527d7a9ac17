"""Settings of what people read: section `report` of the config."""

from typing import Literal

from pygoodvibes.util.language import languages
from pygoodvibes.util.settings import Section


class Report(Section):
    """What people read."""

    language: Literal[languages()] = "en"
    """Language of the page for everyone, `summary.html`, and of its PDF. All other files stay
    English."""
