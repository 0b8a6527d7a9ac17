"""Names of files as text that every file can hold."""

NOT_UTF8 = "its name is not UTF-8 text; rename the file"
"""Why a recording is not used where its name has to be written down and found again."""


def in_utf8(text: str) -> str:
    """Return a name as it is, with escapes in place of bytes that are not UTF-8.

    Python reads such a byte as half of a surrogate pair, which no encoder takes.
    """
    return text.encode("utf-8", "backslashreplace").decode()
