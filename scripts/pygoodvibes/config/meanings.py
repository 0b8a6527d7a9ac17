"""What the keys of the config mean: the docstrings below them in the models.

pydantic can read them, too, but does so whenever a model is imported: a twentieth of the time of a
run with nothing to do. Here they are read for who shows them.
"""

import ast
import functools
import inspect
import textwrap

from pygoodvibes.util.settings import Section


def meaning(model: type[Section], key: str) -> str | None:
    """Return what a key means.

    Parameters
    ----------
    model : subclass of Section
        The model of a section.
    key : str
        One of its keys, its own or inherited.

    Returns
    -------
    str or None
        None where the model that declares the key last says nothing.
    """
    for owner in model.__mro__:
        if key in inspect.get_annotations(owner):
            return _docstrings(owner).get(key)
    return None


@functools.cache
def _docstrings(model: type) -> dict[str, str]:
    [tree] = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    return {
        above.target.id: inspect.cleandoc(below.value.value)
        for above, below in zip(tree.body, tree.body[1:], strict=False)
        if isinstance(above, ast.AnnAssign)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }
