import numpy as np
import PIL.Image
import pytest

from pygoodvibes.detectors.fusion import Fusion
from pygoodvibes.documentation.method_pictures import (
    FOLDER,
    PICTURES,
    STATISTICS,
    Material,
    measured_auc,
    roc,
    save_small,
    set_size,
    threshold,
)
from pygoodvibes.figures import style

N_MELS = 16
GROUPS = [("train", "normal", 12), ("test", "normal", 6), ("test", "anomaly", 6)]


@pytest.fixture(scope="module")
def material():
    """A machine ID of few and small clips; the n-th anomaly is n dB louder in the upper bands."""
    rng = np.random.default_rng(0)
    rows = [
        (split, label, f"{label}_id_00_{number:08d}.wav")
        for split, label, count in GROUPS
        for number in range(count)
    ]
    frames = {}
    for split, label, clip in rows:
        level = rng.normal(-30, 3, (40, N_MELS))
        level[:, 8:] += int(clip[-5]) if label == "anomaly" else 0
        frames[split, clip] = level.astype(np.float32)
    names = list(STATISTICS)
    columns = np.array([f"{name}_{band:03d}" for name in names for band in range(N_MELS)])
    values = np.stack(
        [np.tile(frames[split, clip].mean(axis=0), len(names)) for split, _, clip in rows]
    )
    split, label, clip = (np.array(column) for column in zip(*rows, strict=True))
    train = split == "train"
    fusion = Fusion(n_neighbors=2).fit(values[train], columns=columns)
    scores = -fusion.score_samples(values)
    table = [
        {"split": s, "label": lab, "clip": c, "score": repr(float(score))}
        for (s, lab, c), score in zip(rows, scores, strict=True)
    ]
    texts = {"clip": clip, "split": split, "label": label}
    return Material(
        frames=frames,
        embedding={**texts, "values": values, "columns": columns},
        projection={
            **texts,
            "values": values[:, :4],
            "columns": np.array(["PC1", "PC2", "PC3", "PC4"]),
            "explained_variance_ratio": np.array([0.4, 0.3, 0.2, 0.05]),
        },
        scores=table,
        metrics=dict.fromkeys(("auc", "auc_low", "auc_high", "sensitivity", "specificity"), "0.9"),
        estimator=fusion,
    )


def texts_of(figure):
    return " ".join(
        text.get_text() for text in figure.findobj(match=lambda part: hasattr(part, "get_text"))
    )


def test_the_clearest_and_the_typical_clip_are_chosen_by_their_scores(material):
    scores = material.of("test", "anomaly")
    assert len(scores) == 6 and scores[material.clearest] == max(scores.values())
    normal = sorted(material.of("test", "normal").values())
    assert material.of("test", "normal")[material.typical] == normal[3]


@pytest.mark.parametrize("name", list(PICTURES))
def test_each_picture_is_drawn_named_after_its_data_and_small(material, name, tmp_path):
    figure = PICTURES[name](material)
    assert "synthetic pump ID 00" in figure.get_suptitle()
    path = tmp_path / "pictures" / f"{name}.png"
    save_small(figure, path)
    first = path.read_bytes()
    save_small(PICTURES[name](material), path)
    assert path.read_bytes() == first and len(first) < 150_000
    assert PIL.Image.open(path).width > 700


def test_the_threshold_is_that_of_the_held_out_scores(material):
    shown = texts_of(threshold(material))
    # with a new one, at most a tenth of 13 lies above
    assert "0 of 12 above" in shown and "6 of 6 above" in shown


def test_a_palette_keeps_the_colours_that_matter(material, tmp_path):
    save_small(roc(material), tmp_path / "roc.png")
    found = {
        colour for _, colour in PIL.Image.open(tmp_path / "roc.png").convert("RGB").getcolors()
    }
    wanted = tuple(bytes.fromhex(style.ANOMALY.removeprefix("#")))
    assert (
        min(sum(abs(a - b) for a, b in zip(wanted, colour, strict=True)) for colour in found) < 20
    )


def test_the_measured_auc_is_right_on_average_and_narrows_with_the_clips():
    few, many = (measured_auc(size, 0.85) for size in (10, 200))
    assert few.mean() == pytest.approx(0.85, abs=0.01)
    assert many.mean() == pytest.approx(0.85, abs=0.005)
    # four and a half times as narrow: the square root of 20
    assert few.std() / many.std() == pytest.approx(20**0.5, rel=0.15)
    np.testing.assert_array_equal(many, measured_auc(200, 0.85))


def test_the_picture_of_set_sizes_and_the_guide_say_its_ranges(root):
    shown = texts_of(set_size(0.85))
    low, high = np.quantile(100 * measured_auc(25, 0.85), (0.025, 0.975))
    assert f"{low:.0f} to {high:.0f}" in shown
    guide = (root / "docs/method.md").read_text("utf-8")
    assert f"from {low:.0f} % to {high:.0f} %" in " ".join(guide.split())


def test_the_pictures_in_the_guide_are_those_that_are_drawn(root):
    made = {f"{name}.png" for name in (*PICTURES, "set_size")}
    assert {path.name for path in (root / FOLDER).glob("*.png")} == made
    text = (root / "docs/method.md").read_text("utf-8")
    for name in made:
        assert f"](pictures/{name})" in text
