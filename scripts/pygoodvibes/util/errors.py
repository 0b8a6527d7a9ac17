"""The one exception whose message is meant for the user."""

from pygoodvibes.util.messages import Message, message


class UserError(Exception):
    """Bad input: the message says what is wrong, in which file, and what to do.

    Parameters
    ----------
    template, values
        As in `pygoodvibes.util.messages.message`.
    """

    def __init__(self, template: str, /, **values: object):
        super().__init__(message(template, **values))

    @property
    def message(self) -> Message:
        """What is wrong, with the template and the values that say it in another language."""
        return self.args[0]
