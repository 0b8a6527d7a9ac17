import pathlib
import types

from pygoodvibes.cli import told
from pygoodvibes.util.language import language_of


def test_a_model_is_told_with_its_size():
    text = told.written(pathlib.Path("pump.pgv"), 1_740_000)
    assert text == "Model: pump.pgv (1.7 MB)"
    assert language_of("fr").say(text) == "Modèle\N{NO-BREAK SPACE}: pump.pgv (1,7 Mo)"


def test_what_is_not_sure_is_a_note():
    sure = types.SimpleNamespace(caution="", interval="between 4 and 9 % lie above", loose=False)
    assert told.how_sure("knn", sure) == "knn: between 4 and 9 % lie above"
    sure.caution, sure.loose = "12 clips are few", True
    assert told.how_sure("knn", sure) == "Note: knn: 12 clips are few"
