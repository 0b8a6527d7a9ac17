"""The one exception whose message is meant for the user."""


class UserError(Exception):
    """Bad input: the message says what is wrong, in which file, and what to do."""
