from pygoodvibes.embeddings import librosa, statistics
from pygoodvibes.embeddings.registry import METHODS, module_of, sees_signal


def test_every_method_is_a_module_of_its_own():
    assert METHODS == ("librosa", "statistics")
    assert [module_of(method) for method in METHODS] == [librosa.__name__, statistics.__name__]


def test_a_method_says_by_its_function_what_it_works_on():
    assert sees_signal("librosa") and not sees_signal("statistics")
