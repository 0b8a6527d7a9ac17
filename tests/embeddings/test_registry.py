from pygoodvibes.embeddings import id_classifier, librosa, onnx, statistics, triplet
from pygoodvibes.embeddings.registry import (
    METHODS,
    module_of,
    sees_signal,
    trains_encoder,
    uses_encoder,
)


def test_every_method_is_a_module_of_its_own():
    assert METHODS == ("id_classifier", "librosa", "onnx", "statistics", "triplet")
    modules = [id_classifier, librosa, onnx, statistics, triplet]
    assert [module_of(method) for method in METHODS] == [module.__name__ for module in modules]


def test_a_method_says_by_its_function_what_it_works_on():
    assert sees_signal("librosa") and not sees_signal("statistics")


def test_a_method_says_by_its_settings_that_it_runs_an_encoder():
    assert uses_encoder("onnx") and sees_signal("onnx")
    assert not uses_encoder("librosa") and not uses_encoder("statistics")
    for method in ("id_classifier", "triplet"):
        assert uses_encoder(method) and sees_signal(method)


def test_a_method_says_by_its_settings_that_its_encoder_is_trained_here():
    assert trains_encoder("id_classifier") and trains_encoder("triplet")
    assert not trains_encoder("onnx") and not trains_encoder("statistics")
