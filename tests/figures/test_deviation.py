import numpy as np
import pandas as pd

from pygoodvibes.audio import mel_cache
from pygoodvibes.figures.deviation import choose, plot_deviation_of
from pygoodvibes.util.csv_files import write_records

MEL = {"hop_length": 512, "fmin": 0.0, "fmax": None, "htk": False}


def clip(seed, *, fault=False):
    rng = np.random.default_rng(seed)
    frames = rng.normal(-40, 1, size=(80, 12))
    frames[:, 3] += 15 * (np.arange(80) % 20 < 10)  # a band that works in strokes
    if fault:
        frames[30:50, 8] += 6
    return frames.astype(np.float32)


def test_telling_clips_are_chosen_by_scores_and_labels():
    scores = pd.DataFrame(
        {
            "clip": list("abcde"),
            "label": ["normal", "anomaly", "normal", "anomaly", "unknown"],
            "score": ["0.5", "2.0", "-1", "0.1", "9"],
        }
    )
    assert list(choose(scores).values()) == ["b", "d", "a"]
    assert list(choose(scores.iloc[:2]).values()) == ["b", "a"]
    assert choose(scores.assign(score="")) == {}


def test_the_figure_shows_the_chosen_clips(tmp_path):
    kinds = ["train"] * 10 + ["normal"] * 3 + ["anomaly"] * 3
    rows = [
        {
            "clip": f"{number}.wav",
            "path": f"{number}.wav",
            "split": "train" if kind == "train" else "test",
            "label": "anomaly" if kind == "anomaly" else "normal",
        }
        for number, kind in enumerate(kinds)
    ]
    parts = [clip(number, fault=kind == "anomaly") for number, kind in enumerate(kinds)]
    files = tmp_path / "a.npy", tmp_path / "a.csv"
    mel_cache.write(*files, zip(rows, parts, strict=True))
    scores = [
        {"machine": "fan", "id": "00", "detector": name, **row, "score": str(sign * number)}
        for name, sign in (("first", 1), ("second", -1))
        for number, row in enumerate(rows)
        if row["split"] == "test"
    ]
    columns = ["machine", "id", "detector", "clip", "split", "label", "score"]
    write_records(
        tmp_path / "s.csv", [{key: row[key] for key in columns} for row in scores], columns
    )
    options = {"mel": files, "scores": tmp_path / "s.csv", "mel_settings": MEL}
    options |= {"sample_rate": 16000, "title_suffix": "made up"}
    figure = plot_deviation_of("fan", "00", detector="first", **options)
    images = [axes.images[0] for axes in figure.axes if axes.images and axes.get_title(loc="left")]
    images = images or [axes.images[0] for axes in figure.axes if len(axes.images) == 1]
    assert np.allclose(images[0].get_array(), parts[15].T)
    words = " ".join(text.get_text() for text in figure.findobj(lambda a: hasattr(a, "get_text")))
    for name in ("15.wav", "13.wav", "12.wav", "fan ID 00", "first, made up"):
        assert name in words
    other = plot_deviation_of("fan", "00", detector="absent", **options)
    assert any("no scored test clips" in text.get_text() for text in other.findobj(
        lambda artist: hasattr(artist, "get_text")
    ))  # fmt: skip
