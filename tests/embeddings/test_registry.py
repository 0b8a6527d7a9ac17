from pygoodvibes.embeddings import statistics
from pygoodvibes.embeddings.registry import METHODS, module_of


def test_every_method_is_a_module_of_its_own():
    assert METHODS == ("statistics",)
    assert module_of("statistics") == statistics.__name__
