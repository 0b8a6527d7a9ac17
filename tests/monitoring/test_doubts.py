import numpy as np
import pytest

import own_machine
from pygoodvibes.audio.mel import clip_frames
from pygoodvibes.audio.read import read_audio
from pygoodvibes.config.validate import validate
from pygoodvibes.embeddings.embed import embed_clip
from pygoodvibes.monitoring import doubts
from pygoodvibes.util.errors import UserError


def rows(*paths, status="ok", seconds=1.0):
    return [{"path": path, "status": status, "seconds": seconds} for path in paths]


def test_what_each_subfolder_gives_is_counted_and_what_is_left_out_is_not():
    given = rows("bon/1.wav", "bon/2.wav", "a.wav") + rows("c/3.wav", status="silent")
    windows = rows("d/e/4.wav", "d/e/4.wav")
    assert doubts.by_subfolder([*given, *windows]) == {
        "": (1, 1.0),
        "bon": (2, 2.0),
        "d/e": (1, 2.0),
    }


def test_names_of_faults_are_told_with_the_recordings():
    given = rows("bon/1.wav", "bon/2.wav", "défaut roulement/1.wav", "défaut roulement/2.wav")
    [told] = doubts.of_names(given, "pompe")
    assert told.startswith("2 of 4 recordings have a name that speaks of a fault ('defaut'): ")
    assert told.endswith("défaut roulement/1.wav, défaut roulement/2.wav")
    many = rows(*(f"casse/{number}.wav" for number in range(9)))
    assert [text.rpartition(": ")[2] for text in doubts.of_names(many, "pompe")] == ["casse/"]
    assert doubts.of_names(rows("bon/1.wav"), "pompe") == []
    assert doubts.of_names(rows("casse/1.wav", status="silent"), "pompe") == []
    # also where all of the folder is faulty
    assert len(doubts.of_names(rows("1.wav"), "broken")) == 1
    # a word that is denied in its own name, not in that of the folder above
    assert len(doubts.of_names(rows("sans/défaut.wav"), "pompe")) == 1


def test_a_cluster_far_apart_is_told_and_one_that_is_near_is_not():
    rng = np.random.default_rng(1)
    paths = [f"{number:02d}.wav" for number in range(20)]
    vectors = rng.normal(size=(20, 100))
    assert doubts.of_clusters(vectors, rows(*paths)) == []
    vectors[[3, 7, 11, 12]] += 3.0
    [told] = doubts.of_clusters(vectors, rows(*paths))
    assert told.startswith("4 of 20 recordings lie far apart from the others, with a gap ")
    assert told.endswith("03.wav, 07.wav, ... 12.wav")
    # two recordings are no cluster
    vectors[[3, 7]] -= 3.0
    assert doubts.of_clusters(vectors, rows(*paths)) == []


@pytest.mark.parametrize("same", [3, 7])
def test_recordings_that_are_all_the_same_have_no_gap(same):
    gap, apart = doubts.widest_gap(np.ones((same, 5)))
    assert gap == 0.0 and not apart.any()


def test_a_fit_tells_before_there_is_a_model_and_goes_on_if_nothing_is_raised(tmp_path):
    folder = own_machine.healthy(tmp_path / "pump", 12)
    for number in range(5):
        loud = 8 * own_machine.sound(100 + number)
        own_machine.save(folder / "other" / f"{number}.wav", loud)

    def stop(found):
        raise UserError("{found}", found=found[0])

    with pytest.raises(UserError, match=r"5 of 17 recordings lie far apart.*other/"):
        own_machine.fit(folder, doubt=stop)
    fit = own_machine.fit(folder)
    assert fit.model.training["clips"] == 17 and "5 of 17 recordings lie far" in fit.notes[0]
    assert own_machine.fit(own_machine.healthy(tmp_path / "alone", 12), doubt=stop).notes == []


@pytest.mark.shared
def test_normal_real_recordings_are_no_clusters(shared):
    settings = validate(
        {"dataset": {"name": "fan", "source": "folder", "path": "."}, "detectors": {"fusion": {}}}
    ).model_dump(mode="json")

    def vectors(pattern):
        signals = (
            read_audio(path, **settings["audio"])
            for path in sorted((shared / "data").glob(pattern))
        )
        frames = (clip_frames(signal, sample_rate=16000, **settings["mel"]) for signal in signals)
        values = np.stack([embed_clip(each, settings["embedding"]) for each in frames])
        return values / values.std(axis=0)

    for pattern in (
        "mimii_fan_0db/fan/*/normal_*.wav",
        "dcase2020_clips/slider/train/normal_id_00_*.wav",
    ):
        gap, _ = doubts.widest_gap(vectors(pattern))
        assert 0 < gap < doubts.GAP, pattern


def test_the_first_of_many_recordings_are_named():
    assert str(doubts.named(["a.wav", "b.wav", "a.wav"])) == "a.wav, b.wav"
    assert str(doubts.named([f"{n}.wav" for n in range(5)])) == "0.wav, 1.wav, 2.wav and 2 more"
