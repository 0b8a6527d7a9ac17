import pytest

import own_machine
from pygoodvibes.monitoring.fit_folder import fit_folder
from pygoodvibes.monitoring.survey import survey
from pygoodvibes.util.errors import UserError


def test_it_finds_what_a_fit_will_find(tmp_path):
    own_machine.healthy(tmp_path / "bon", 5)
    own_machine.write(tmp_path / "défaut roulement/a.wav", 9)
    own_machine.write(tmp_path / "other.wav", 10, rate=16000)
    (tmp_path / "text.wav").write_text("no sound")
    found = survey(tmp_path)
    fit = fit_folder(tmp_path, own_machine.SMALL)
    assert found.sample_rate == fit.model.sample_rate == own_machine.RATE
    assert [(row["path"], row["status"]) for row in found.rows] == [
        (row["path"], row["status"]) for row in fit.rows
    ]
    assert {row["status"] for row in found.rows} > {"ok"}
    [doubt] = found.doubts
    assert doubt in fit.notes
    assert "défaut roulement/a.wav" in doubt


def test_a_folder_without_a_recording_that_can_be_used_is_an_error(tmp_path):
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(UserError, match="none of its 1 recordings can be used"):
        survey(tmp_path)
