import json
import pathlib
import shutil

import numpy as np
import pytest
import soundfile

import made_encoders
import own_machine
from pygoodvibes.__main__ import main
from pygoodvibes.audio import mel_cache
from pygoodvibes.audio.sample_hash import hash_samples
from pygoodvibes.config.validate import validate
from pygoodvibes.data import manifest
from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.detection.result import read_scores, write_scores
from pygoodvibes.embeddings import projection
from pygoodvibes.embeddings.embed import embed_clips
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring import score_files
from pygoodvibes.monitoring.fit_folder import fit_folder
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.monitoring.score_clip import score_clip
from pygoodvibes.util.errors import UserError


def test_without_a_config_the_settings_are_those_of_the_default_config(root):
    from pygoodvibes.config.read import read_config

    default = read_config(str(root / "config" / "config.yaml"))
    ours = validate({"dataset": default.dataset.model_dump(), "detectors": {"fusion": {}}})
    for name in ("seed", "audio", "mel", "embedding", "projection", "held_out", "threshold"):
        assert getattr(ours, name) == getattr(default, name), name
    assert next(iter(default.detectors)) == "fusion"
    assert ours.detectors["fusion"] == default.detectors["fusion"]


def test_the_default_is_the_first_detector_and_others_can_be_chosen(tmp_path):
    folder = own_machine.healthy(tmp_path / "pump", 6)
    assert list(own_machine.fit(folder).model.estimators) == ["fusion"]
    content = {"detectors": {"far": {"method": "knn"}, "lof": None}}
    assert list(own_machine.fit(folder, content).model.estimators) == ["far"]
    chosen = own_machine.fit(folder, content, detectors="lof,far").model
    assert list(chosen.settings["detectors"]) == ["lof", "far"]
    assert list(own_machine.fit(folder, content, detectors="all").model.estimators) == [
        "far",
        "lof",
    ]
    # the order of the list doesn't matter where the default has a name
    named = own_machine.fit(folder, {**content, "default_detector": "lof"})
    assert list(named.model.estimators) == ["lof"]
    with pytest.raises(UserError, match=r"no detector 'near'; there are far, lof, or 'all'"):
        own_machine.fit(folder, content, detectors="near")


def test_a_detector_without_the_supplemental_recordings_that_it_could_see_says_so(tmp_path):
    folder = own_machine.healthy(tmp_path / "pump", 6)
    own_machine.write(folder / "supplemental/section_00_noise_0001_.wav", 7)
    fit = own_machine.fit(folder, {"detectors": {"nuisance_knn": None}})
    notes = fit.model.provenance["notes"]["nuisance_knn"]
    assert any("it is plain nearest neighbours" in note for note in notes)
    path = tmp_path / "pump.pgv"
    machine_model.save(path, fit.model)
    clip = own_machine.write(tmp_path / "odd.wav", 99, whistle=0.1)
    before, after = (score_clip(model, clip) for model in (fit.model, machine_model.load(path)))
    assert before.score == after.score > 0


def test_one_machine_has_nothing_to_choose_by_and_gets_the_fixed_default(tmp_path):
    folder = own_machine.healthy(tmp_path / "pump", 6)
    content = {"detectors": {"far": {"method": "knn"}, "lof": None}, "default_detector": "choice"}
    for fixed, name in ((None, "far"), ("lof", "lof")):
        fit = own_machine.fit(folder, {**content, "choice": {"fixed": fixed}})
        assert list(fit.model.estimators) == list(fit.model.settings["detectors"]) == [name]
        assert fit.notes == [
            f"{name}, for choice takes other machine IDs of the type to choose by: here is one "
            "machine"
        ]
    assert own_machine.fit(folder, content, detectors="lof").notes == []


def test_clips_that_cannot_be_used_are_listed_and_the_rest_goes_on(tmp_path):
    folder = own_machine.healthy(tmp_path / "pump", 5)
    (folder / "003.wav").write_bytes((folder / "003.wav").read_bytes()[:2000])
    own_machine.write(folder / "silent.wav", 1, seconds=1)
    silence = np.zeros(8000, dtype=np.int16)
    soundfile.write(folder / "silent.wav", silence, 8000)
    (folder / "text.wav").write_text("hello")
    fit = own_machine.fit(folder)
    status = {row["path"]: row["status"] for row in fit.rows}
    assert [name for name, text in status.items() if text == "ok"] == [
        "000.wav",
        "001.wav",
        "002.wav",
        "004.wav",
    ]
    assert "truncated" in status["003.wav"] and "no readable audio" in status["text.wav"]
    assert "digital silence" in status["silent.wav"]
    training = dict(fit.model.training)
    assert training.pop("condition")["codecs"] == ["PCM"]
    assert training == {
        "clips": 4,
        "seconds": 4.0,
        "median_seconds": 1.0,
        "shortest": 1.0,
        "longest": 1.0,
        "samples_xxh3_128": [
            hash_samples(own_machine.read(folder / path))
            for path, text in status.items()
            if text == "ok"
        ],
    }
    without = own_machine.healthy(tmp_path / "clean" / "pump", 5)
    (without / "003.wav").unlink()
    clean = own_machine.fit(without).model
    clip = own_machine.sound(50)
    assert score_clip(fit.model, clip).score == score_clip(clean, clip).score


def test_recordings_that_nobody_expects_cost_nothing_but_themselves(tmp_path):
    folder = own_machine.healthy(tmp_path / "pump", 5)
    clean = own_machine.fit(folder).model
    sound = own_machine.sound(70).astype(np.float32)

    def write(name, samples=sound, rate=own_machine.RATE, **options):
        soundfile.write(folder / name, samples, rate, **options)
        return folder / name

    flipped = sound.copy()
    flipped[4000] = 1e30
    write("flipped.wav", flipped, subtype="FLOAT")
    write("rate.wav", rate=1)
    write("high.wav", rate=2**31 - 1)
    write("short.wav", sound[:2])
    for name in ("cut.aiff", "cut.au", "cut.caf", "cut.w64", "cut.rf64", "cut.ogg", "cut.flac"):
        path = write(name)
        path.write_bytes(path.read_bytes()[:-1000])
    path = write("half.wav")
    content = path.read_bytes()
    path.write_bytes(content[:40] + (8000).to_bytes(4, "little") + content[44:])
    (folder / "phone.m4a").write_bytes(content)
    fit = own_machine.fit(folder)
    status = {row["path"]: row["status"] for row in fit.rows if row["status"] != "ok"}
    assert "far above full scale, up to 1e+30" in status.pop("flipped.wav")
    assert "sample rate 1 Hz" in status.pop("rate.wav")
    assert "sample rate 2147483647 Hz" in status.pop("high.wav")
    assert "2 samples are too few for one frame" in status.pop("short.wav")
    assert "can't be decoded" in status.pop("cut.flac")
    assert "promises 8000 bytes, and 8000 more follow" in status.pop("half.wav")
    assert "convert it to .wav" in status.pop("phone.m4a")
    assert len(status) == 6
    assert all(reason.startswith("truncated: ") for reason in status.values())
    clip = own_machine.sound(50)
    assert score_clip(fit.model, clip).score == score_clip(clean, clip).score


def test_a_rate_that_no_model_takes_names_its_remedy(tmp_path):
    noise = np.random.default_rng(0).normal(scale=0.1, size=5000)
    (tmp_path / "bats").mkdir()
    for number in range(3):
        soundfile.write(tmp_path / "bats" / f"{number}.wav", noise, 500_000)
    with pytest.raises(UserError, match=r"500000 Hz, and a model takes 384000 Hz at most: fit"):
        own_machine.fit(tmp_path / "bats")


def test_too_few_recordings_are_an_error_that_says_what_to_do(tmp_path):
    folder = own_machine.healthy(tmp_path / "pump", 2)
    with pytest.raises(UserError, match=r"2 of 2 clip.* 3 are the least"):
        own_machine.fit(folder)


def test_a_file_that_exists_is_not_called_missing(tmp_path):
    path = own_machine.write(tmp_path / "night.wav", 1, seconds=8)
    with pytest.raises(UserError, match=r"night.wav: a single recording.*--window SECONDS"):
        own_machine.fit_file(path)
    (tmp_path / "one").mkdir()
    path.rename(tmp_path / "one" / "night.wav")
    with pytest.raises(UserError, match=r"1 of 1 clip.*cut with --window SECONDS"):
        own_machine.fit(tmp_path / "one")


def copied(folder, tmp_path, kind):
    """Copy recordings into another folder, and the first three of them twice."""
    place = tmp_path / kind / "pump"
    for number, path in enumerate(sorted(folder.iterdir())):
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place / path.name)
        if number < 3 and kind == "bytes":
            shutil.copy(path, place / f"{path.stem}b.wav")
        elif number < 3:
            samples, rate = soundfile.read(path, dtype="int16")
            soundfile.write(place / f"{path.stem}b.flac", samples, rate)
    return place


@pytest.mark.parametrize("kind", ["bytes", "samples"])
def test_the_same_recording_is_learnt_once(tmp_path, kind):
    folder = own_machine.healthy(tmp_path / "once" / "pump", 8)
    place = copied(folder, tmp_path, kind)
    fit, once = own_machine.fit(place), own_machine.fit(folder)
    ending = "b.wav" if kind == "bytes" else "b.flac"
    assert {row["path"]: row["status"] for row in fit.rows if row["status"] != "ok"} == {
        f"{number:03}{ending}": f"the same recording as {number:03}.wav" for number in range(3)
    }
    assert fit.notes == ["3 of 8 recordings are there twice and used once"]
    assert fit.model.training == once.model.training
    assert fit.model.held_out["fusion"].tolist() == once.model.held_out["fusion"].tolist()
    kept = own_machine.fit(place, {"dataset": {"duplicates": "keep"}})
    assert kept.model.training["clips"] == 11 and kept.notes == []


@pytest.mark.parametrize("kind", ["bytes", "samples"])
def test_windows_of_a_copy_are_left_out_and_those_of_one_recording_stay(tmp_path, kind):
    folder = own_machine.healthy(tmp_path / "once" / "pump", 6, seconds=2.0)
    # a loop: both its windows are equal, and both are heard
    loop = np.tile(own_machine.sound(9), 2)
    own_machine.save(folder / "zz.wav", loop)
    fit = own_machine.fit(copied(folder, tmp_path, kind), window=1.0)
    once = own_machine.fit(folder, window=1.0)
    assert fit.model.training == once.model.training and once.model.training["clips"] == 14
    assert fit.notes == ["3 of 7 recordings are there twice and used once"]


@pytest.mark.shared
def test_thresholds_do_not_collapse_on_copies(shared, tmp_path):
    """40 clips of which 20 are there twice: 3 of 35 other normal clips alarm; all twice: 14."""
    clips = sorted((shared / "data/dcase2020_clips/slider/train").glob("normal_id_00_*.wav"))
    alarms = {}
    for copies, keep in ((0, False), (20, False), (40, False), (40, True)):
        folder = tmp_path / f"{copies}{keep}" / "slider"
        folder.mkdir(parents=True)
        for number, clip in enumerate(clips[:40]):
            shutil.copy(clip, folder / f"{number:02}.wav")
            if number < copies:
                shutil.copy(clip, folder / f"{number:02} (1).wav")
        content = {"dataset": {"duplicates": "keep"}} if keep else {}
        model = fit_folder(folder, content).model
        verdicts = [score_clip(model, clip).verdict for clip in clips[40:]]
        alarms[copies, keep] = verdicts.count("anomalous")
    assert alarms == {(0, False): 3, (20, False): 3, (40, False): 3, (40, True): 14}


def test_one_long_recording_is_fitted_in_windows_and_scores_as_its_windows(tmp_path):
    path = own_machine.write(tmp_path / "night.wav", 1, seconds=12.5)
    fit = own_machine.fit_file(path, window=1.0)
    assert (fit.model.name, fit.model.window_seconds) == ("night", 1.0)
    training = dict(fit.model.training)
    assert len(set(training.pop("samples_xxh3_128"))) == 13
    assert training.pop("condition")["spectrum"] is None  # one recording tells no scatter
    assert training == {
        "clips": 13,
        "seconds": 13.0,
        "median_seconds": 1.0,
        "shortest": 1.0,
        "longest": 1.0,
        "recordings": 1,
        "window": 1.0,
        "hop": 1.0,
    }
    assert np.isfinite(fit.model.held_out["fusion"]).all()
    [note] = [each for each in fit.model.provenance["notes"]["fusion"] if "third" in each]
    assert "(night.wav)" in note and "stretches of time" in note
    # the same clips, cut by hand
    content = {
        "detectors": {"knn": {"method": "knn", "input": "embedding"}},
        "held_out": {"scored_by": "whole"},
    }
    samples = own_machine.read(path)
    for number in range(13):
        start = round(min(number, 11.5) * own_machine.RATE)
        own_machine.save(tmp_path / "cut" / f"{number:02}.wav", samples[start:][: own_machine.RATE])
    by_hand = own_machine.fit(tmp_path / "cut", content).model
    in_windows = fit_folder(path, {**own_machine.SMALL, **content}, window=1.0).model
    new = own_machine.sound(50)
    assert score_clip(in_windows, new).score == pytest.approx(
        score_clip(by_hand, new).score, rel=1e-9
    )


@pytest.mark.parametrize("cut", [{}, {"window": 0.5}])
def test_an_embedding_of_samples_learns_and_scores(tmp_path, cut):
    content = {"embedding": {"method": "librosa", "n_fft": 512, "hop_length": 256, "contrast": 5}}
    fit = own_machine.fit(tmp_path / "pump", content, detectors="fusion,knn", **cut)
    loaded = machine_model.loads(machine_model.dumps(fit.model), "pump.pgv")
    assert loaded.settings["embedding"]["method"] == "librosa"
    odd = own_machine.sound(99, seconds=0.5 if cut else 1.0, whistle=0.05).astype(np.float32)
    fine = own_machine.sound(99, seconds=0.5 if cut else 1.0).astype(np.float32)
    for detector in ("fusion", "knn"):
        high, low = (score_clip(loaded, each, detector=detector).score for each in (odd, fine))
        assert high == score_clip(fit.model, odd, detector=detector).score
        assert high > low


@pytest.mark.parametrize("beside", [None, {"method": "statistics"}])
def test_an_encoder_is_carried_by_the_model_and_scores_as_it_learned(tmp_path, beside):
    file = tmp_path / "small.onnx"
    file.write_bytes(made_encoders.small())
    content = {"embedding": {"method": "onnx", "file": str(file), "beside": beside}}
    fit = own_machine.fit(tmp_path / "pump", content, detectors="fusion,knn")
    assert fit.model.provenance["packages"]["onnxruntime"]
    written = machine_model.dumps(fit.model)
    file.unlink()
    loaded = machine_model.loads(written, "pump.pgv")
    assert loaded.encoder.content == made_encoders.small()
    views = {name.split(",")[0] for name in loaded.estimators["fusion"].member_names}
    assert ("encoded" in views) == ("std" in views) == (beside is not None), views
    assert machine_model.dumps(loaded) == written
    odd = own_machine.sound(99, whistle=0.05).astype(np.float32)
    fine = own_machine.sound(99).astype(np.float32)
    for detector in ("fusion", "knn"):
        high, low = (score_clip(loaded, each, detector=detector).score for each in (odd, fine))
        assert high == score_clip(fit.model, odd, detector=detector).score
        assert high > low
    paths = [str(tmp_path / f"pump/{number:03d}.wav") for number in range(20)]
    panel = score_files.Panel([loaded], [judge(loaded, detector="knn")])
    records = [
        [record.score for (record,) in score_files.score_clips(panel, paths, jobs=jobs)]
        for jobs in (1, 2)
    ]
    assert records[0] == records[1] and min(records[0]) >= 0


def test_windows_of_no_use_and_short_recordings_are_listed(tmp_path):
    folder = own_machine.healthy(tmp_path / "pump", 6, seconds=3.0)
    own_machine.write(folder / "short.wav", 1, seconds=0.5)
    noise = own_machine.sound(7, seconds=3.0)
    noise[own_machine.RATE : 2 * own_machine.RATE] = 0
    own_machine.save(folder / "gap.wav", noise)
    for jobs in (1, 2):
        fit = own_machine.fit(folder, window=1.0, jobs=jobs)
        left_out = {row["path"]: row["status"] for row in fit.rows if row["status"] != "ok"}
        assert left_out == {
            "gap.wav@1": "digital silence: all samples are equal",
            "short.wav": "shorter than a window (1 s)",
        }
        assert (fit.model.training["clips"], fit.model.training["recordings"]) == (20, 7)
        assert not [each for each in fit.model.provenance["notes"]["fusion"] if "third" in each]
    with pytest.raises(UserError, match=r"--hop 2: longer than a window \(1 s\)"):
        own_machine.fit(folder, window=1.0, hop=2.0)
    with pytest.raises(UserError, match=r"--hop 2: without windows"):
        own_machine.fit(folder, hop=2.0)


def test_windows_work_for_detectors_of_every_input_and_with_resampling(tmp_path):
    folder = own_machine.healthy(tmp_path / "pump", 6, seconds=2.0)
    content = {"detectors": {"gmm": None, "lof": None, "frames": None, "local_density": None}}
    audio = {"sample_rate": 4000, "resample": True}
    for more in ({}, {"audio": audio}):
        model = own_machine.fit(folder, {**content, **more}, detectors="all", window=1.0).model
        assert list(model.estimators) == list(content["detectors"])
        for name in model.estimators:
            assert np.isfinite(model.held_out[name]).all() and len(model.held_out[name]) == 12


def test_a_fit_writes_its_cautions_and_odd_lengths_down(tmp_path):
    folder = own_machine.healthy(tmp_path / "pump", 12)
    own_machine.write(folder / "long.wav", 40, seconds=1.5)
    fit = own_machine.fit(folder)
    [caution] = fit.model.provenance["notes"]["fusion"]
    assert caution.startswith("threshold from 13 clips: between 0.4 and 21 % of normal clips")
    [note] = fit.notes
    assert note.startswith("1 of 13 recordings are more than 20 % shorter or longer")
    many = own_machine.fit(own_machine.healthy(tmp_path / "many", 60))
    assert many.model.provenance["notes"]["fusion"] == many.notes == []


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
def test_the_sample_rate_of_the_recordings_just_works(tmp_path, rate):
    folder = own_machine.healthy(tmp_path / "pump", 4, rate=rate, seconds=0.5)
    fit = fit_folder(folder, {})
    assert fit.model.sample_rate == rate
    path = own_machine.write(tmp_path / "new.wav", 9, rate=rate, seconds=0.5)
    assert np.isfinite(score_clip(fit.model, path).score)
    assert [note.partition(" ")[0] for note in fit.notes] == (["n_fft"] if rate > 1e5 else [])


def test_a_sample_rate_in_the_config_is_kept(tmp_path):
    folder = own_machine.healthy(tmp_path / "pump", 4, rate=44100)
    with pytest.raises(UserError, match=r"sample rate 44100 Hz, but audio.sample_rate is 8000 Hz"):
        own_machine.fit(folder, {"audio": {"sample_rate": 8000}})
    resampled = own_machine.fit(folder, {"audio": {"sample_rate": 8000, "resample": True}}).model
    assert resampled.sample_rate == 8000


@pytest.mark.parametrize("content", [{"mel": {"n_fft": "x"}}, {"audio": 3}, {"nonsense": 1}])
def test_a_wrong_config_is_said_with_its_name(tmp_path, content):
    folder = own_machine.healthy(tmp_path / "pump", 3)
    with pytest.raises(UserError, match=r"mine.yaml: "):
        fit_folder(folder, content, config_name="mine.yaml")


def test_two_processes_give_the_same_model_as_one(tmp_path):
    from pygoodvibes.models.machine_model import dumps

    folder = own_machine.healthy(tmp_path / "pump", 9)
    one, two = (own_machine.fit(folder, jobs=jobs).model for jobs in (1, 2))
    assert dumps(one) == dumps(two)


def as_the_workflow(folder: pathlib.Path, place: pathlib.Path):
    """Do what the rules from list_clips to detect do; return scores by split and name."""
    config = validate(
        {
            "dataset": {"name": "fan", "source": "folder", "path": str(folder)},
            "detectors": {"fusion": {}, "local_density": {}},
        }
    )
    audio = config.audio.model_dump(mode="json")
    rows = manifest.inspect_clips(find_clips(folder), folder, **audio)
    mel = config.mel.model_dump(mode="json")
    frames = mel_cache.compute(rows, folder, audio_settings=audio, mel_settings=mel)
    mel_cache.write(place / "a.npy", place / "a.csv", frames)
    cache = mel_cache.open_cache(place / "a.npy", place / "a.csv")
    embedded = embed_clips(cache, config.embedding.model_dump(mode="json"))
    settings = config.projection.model_dump(mode="json")
    folds = fold_clips(embedded.train.sum(), folds=5, seed=config.seed)
    projected = projection.project_vectors(embedded, folds, **settings)
    chosen = {name: each.model_dump(mode="json") for name, each in config.detectors.items()}
    results = detect_clips(embedded, projected, chosen, seed=config.seed)
    write_scores(place / "scores.csv", embedded, results)
    return read_scores(place / "scores.csv")


@pytest.mark.shared
def test_real_clips_get_the_scores_of_the_workflow(shared, tmp_path):
    folder = shared / "data" / "mimii_fan_0db"
    expected = as_the_workflow(folder, tmp_path)
    fit = fit_folder(folder / "fan" / "train", {}, detectors="fusion,local_density")
    assert (fit.model.name, fit.model.training["clips"]) == ("fan_id_00", 12)
    clips = sorted((folder / "fan" / "test").glob("*.wav"))
    assert len(clips) == 28
    for name in ("fusion", "local_density"):
        train = [expected[name]["train", f"normal_id_00_{n:08d}.wav"] for n in range(12)]
        assert fit.model.held_out[name] == pytest.approx(train, rel=1e-12)
        for clip in clips:
            score = score_clip(fit.model, clip, detector=name).score
            assert score == pytest.approx(expected[name]["test", clip.name], rel=1e-12)


def test_an_estimator_that_no_file_can_hold_is_left_out_in_a_sentence(tmp_path, capsys):
    detectors = {"knn": {}, "density": {"method": "sklearn.neighbors.KernelDensity"}}
    path = tmp_path / "my.yaml"
    path.write_text(json.dumps({**own_machine.SMALL, "detectors": detectors}))
    folder = own_machine.healthy(tmp_path / "pump")
    target = str(tmp_path / "m.pgv")
    options = ["fit", str(folder), "--config", str(path), "-o", target, "--detectors"]
    main([*options, "all"])
    said = capsys.readouterr().out
    assert said.count("Note: density: scored, but its model can't be kept in a file: ") == 1
    assert list(machine_model.load(target).estimators) == ["knn"]
    assert main([*options, "density"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(
        "Error: density: scored, but its model can't be kept in a file: sklearn."
    )
    assert said.count("\n") == 1


def test_each_recording_is_told_once_it_is_read(tmp_path):
    told = []
    own_machine.fit(tmp_path / "pump", progress=told.append)
    assert sorted(told) == sorted(path.name for path in (tmp_path / "pump").iterdir())
