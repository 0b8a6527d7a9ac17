from pygoodvibes.embeddings import librosa, onnx, statistics
from pygoodvibes.embeddings.registry import METHODS, module_of, sees_signal, uses_encoder


def test_every_method_is_a_module_of_its_own():
    assert METHODS == ("librosa", "onnx", "statistics")
    modules = [librosa, onnx, statistics]
    assert [module_of(method) for method in METHODS] == [module.__name__ for module in modules]


def test_a_method_says_by_its_function_what_it_works_on():
    assert sees_signal("librosa") and not sees_signal("statistics")


def test_a_method_says_by_its_settings_that_it_runs_an_encoder():
    assert uses_encoder("onnx") and sees_signal("onnx")
    assert not uses_encoder("librosa") and not uses_encoder("statistics")
