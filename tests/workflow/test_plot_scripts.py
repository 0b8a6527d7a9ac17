import runpy
import types

import jinja2
import numpy as np
import pytest
import soundfile

from made_figures import FULL, GAPS, NAMES, SUFFIX, make, named_clips
from pygoodvibes.audio.mel import band_edges
from pygoodvibes.figures import examples, ocsvm_contours, style
from pygoodvibes.figures.bars import plot_bars
from pygoodvibes.figures.clips import plot_clips
from pygoodvibes.figures.clouds import plot_clouds
from pygoodvibes.figures.id_clouds import plot_id_clouds
from pygoodvibes.figures.inputs import read_table
from pygoodvibes.figures.representation import plot_representation
from pygoodvibes.figures.roc import plot_roc
from pygoodvibes.figures.scores import plot_scores
from pygoodvibes.figures.sweep import plot_sweep


@pytest.fixture(scope="module")
def full():
    return make(FULL)


@pytest.fixture(scope="module")
def gaps():
    return make(GAPS)


@pytest.fixture
def coarse(monkeypatch):
    """Write small pictures where only their equality matters."""
    monkeypatch.setattr(style, "DPI", 30)


def save_vectors(path, points, **more):
    np.savez(
        path,
        clip=points["clip"].to_numpy(dtype=str),
        split=points["split"].to_numpy(dtype=str),
        label=points["label"].to_numpy(dtype=str),
        values=points[["PC1", "PC2", "PC3"]].to_numpy(dtype=np.float32),
        columns=np.array(["PC1", "PC2", "PC3"]),
        explained_variance_ratio=np.array([0.5, 0.25, 0.125]),
        **more,
    )
    return str(path)


@pytest.fixture
def files(gaps, tmp_path):
    """Write what the workflow's rules hand to the plotting scripts."""
    named = types.SimpleNamespace()
    for name in ("manifest", "scores", "metrics", "sweep"):
        setattr(named, name, str(tmp_path / f"{name}.csv"))
        table = getattr(gaps, name)
        table = table.assign(domain="") if name == "manifest" else table
        table.to_csv(getattr(named, name), index=False)
    text = {name: gaps.points[name].to_numpy(dtype=str) for name in ("machine", "id")}
    named.overview = save_vectors(tmp_path / "all.npz", gaps.points, **text)
    named.ids = sorted(GAPS["fan"])
    fan = gaps.points[gaps.points["machine"] == "fan"]
    named.points = [
        save_vectors(tmp_path / f"{id_}.npz", fan[fan["id"] == id_]) for id_ in named.ids
    ]
    named.mels, named.clips = [], []
    rng = np.random.default_rng(0)
    for id_ in named.ids:
        mine = fan[fan["id"] == id_].assign(
            offset=0, frames=5, sample_rate=16000, path="a.wav", status="ok"
        )
        mine["offset"] = 5 * np.arange(len(mine))
        named.mels.append(str(tmp_path / f"{id_}.npy"))
        named.clips.append(str(tmp_path / f"{id_}.clips.csv"))
        cache = rng.normal(-30, 5, size=(5 * len(mine), 32)).astype(np.float32)
        np.save(named.mels[-1], cache)
        mine.to_csv(named.clips[-1], index=False)
    soundfile.write(tmp_path / "a.wav", rng.normal(0, 0.1, (2560, 2)), 16000, subtype="PCM_16")
    named.data = str(tmp_path)
    return named


def run(root, script, output, *, inputs=None, params=None):
    """Run a rule's script as Snakemake does, and return the bytes it wrote."""
    job = types.SimpleNamespace(
        input=types.SimpleNamespace(**(inputs or {})),
        output=types.SimpleNamespace(figure=str(output)),
        params=types.SimpleNamespace(title_suffix=SUFFIX, **(params or {})),
        log=[],
    )
    runpy.run_path(str(root / "scripts" / script), init_globals={"snakemake": job})
    return output.read_bytes()


def written(figure, path):
    style.save(figure, path)
    return path.read_bytes()


def test_scripts_of_tables_write_what_the_functions_draw(root, files, full, coarse, tmp_path):
    scores, metrics = read_table(files.scores), read_table(files.metrics)
    out, wanted = tmp_path / "out.png", tmp_path / "wanted.png"
    both = {"scores": files.scores, "metrics": files.metrics}
    assert run(root, "plot_clips.py", out, inputs={"manifest": files.manifest}) == written(
        plot_clips(read_table(files.manifest), title_suffix=SUFFIX), wanted
    )
    assert run(root, "plot_scores.py", out, inputs=both, params={"detector": "knn"}) == written(
        plot_scores(scores, metrics, detector="knn", title_suffix=SUFFIX), wanted
    )
    assert run(
        root, "plot_roc.py", out, inputs=both, params={"max_fpr": 0.2, "year": 2021}
    ) == written(plot_roc(scores, metrics, title_suffix=SUFFIX, max_fpr=0.2, year=2021), wanted)
    two = {"sweep": files.sweep, "metrics": files.metrics}
    assert run(root, "plot_sweep.py", out, inputs=two) == written(
        plot_sweep(read_table(files.sweep), metrics, title_suffix=SUFFIX), wanted
    )
    assert run(root, "plot_bars.py", out, inputs={"metrics": files.metrics}) == written(
        plot_bars(metrics, title_suffix=SUFFIX), wanted
    )
    named = dict(zip(("accuracies", "confusion"), named_clips(full.points), strict=True))
    paths = {name: str(tmp_path / f"{name}.csv") for name in named}
    for name, table in named.items():
        table.to_csv(paths[name], index=False)
    assert run(root, "plot_representation.py", out, inputs=paths) == written(
        plot_representation(**named, title_suffix=SUFFIX), wanted
    )


def test_scripts_of_vectors_write_what_the_functions_draw(root, files, gaps, coarse, tmp_path):
    out, wanted = tmp_path / "out.png", tmp_path / "wanted.png"
    columns = ["PC1", "PC2", "PC3"]
    points = gaps.points.assign(**gaps.points[columns].astype(np.float32).astype(float))
    ratios = [0.5, 0.25, 0.125]
    assert run(root, "plot_clouds.py", out, inputs={"points": files.overview}) == written(
        plot_clouds(points, title_suffix=SUFFIX, explained_variance_ratio=ratios), wanted
    )
    fan = points[points["machine"] == "fan"]
    assert run(
        root,
        "plot_id_clouds.py",
        out,
        inputs={"points": files.points, "manifests": [files.manifest]},
        params={"ids": files.ids, "machine": "fan"},
    ) == written(
        plot_id_clouds(
            fan,
            machine="fan",
            title_suffix=SUFFIX,
            explained_variance_ratio=dict.fromkeys(files.ids, ratios),
        ),
        wanted,
    )
    one = fan[fan["id"] == "00"]
    arrays = {name: one[name].to_numpy(dtype=str) for name in ("split", "label")}
    arrays["values"] = one[columns].to_numpy()
    assert run(
        root,
        "plot_ocsvm_contours.py",
        out,
        inputs={"points": files.points[0]},
        params={"gammas": [0.5], "nus": [0.1], "machine": "fan", "id": "00"},
    ) == written(
        ocsvm_contours.plot_ocsvm_contours_of(
            arrays, [0.5], [0.1], machine="fan", id="00", title_suffix=SUFFIX
        ),
        wanted,
    )


def test_script_of_examples_reads_the_mel_cache_and_the_audio(
    root, files, gaps, coarse, tmp_path, capsys
):
    params = {"machine": "fan", "ids": files.ids, "hop_length": 512, "fmin": 0.0, "fmax": None}
    params["htk"] = False
    given = {"inputs": {"mels": files.mels, "clips": files.clips}}
    out, wanted = tmp_path / "out.png", tmp_path / "wanted.png"
    rows = gaps.points[(gaps.points["machine"] == "fan") & (gaps.points["id"] == "00")]
    rows = rows.reset_index(drop=True)
    cache = np.load(files.mels[0])
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")

    def first(label, channel):
        row = int(np.flatnonzero((rows["split"] == "test") & (rows["label"] == label))[0])
        return examples.Example(
            f"ID 00, {rows['clip'][row]}",
            cache[5 * row : 5 * row + 5],
            16000,
            None if channel is None else samples[:, channel],
        )

    for folder, channel in ((files.data, 1), (None, None)):
        audio = {"sample_rate": 16000, "resample": False, "channel": channel or 0}
        more = {"data_folder": folder, "audio": audio}
        drawn = examples.plot_examples(
            first("normal", channel),
            first("anomaly", channel),
            machine="fan",
            frequencies=band_edges(n_mels=32, fmin=0.0, fmax=8000.0)[1:-1],
            hop_length=512,
            title_suffix=SUFFIX,
        )
        assert run(root, "plot_examples.py", out, params=params | more, **given) == written(
            drawn, wanted
        )
    (tmp_path / "a.wav").unlink()
    with pytest.raises(SystemExit):
        run(
            root,
            "plot_examples.py",
            out,
            params=params | more | {"data_folder": files.data},
            **given,
        )
    assert "Error: can't be read" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_a_caption_that_renders(root, name):
    text = (root / "report" / f"plot_{name}.rst").read_text(encoding="utf-8")
    values = {"machine": "pump", "id": "04", "detector": "lof"}
    job = types.SimpleNamespace(
        wildcards=types.SimpleNamespace(**values), config={"unit": "machine ID"}
    )
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    caption = environment.from_string(text).render(snakemake=job)
    assert "{" not in caption and len(caption.split()) > 30
    for word in {"examples": ["pump"], "ocsvm_contours": ["pump", "04"], "scores": ["lof"]}.get(
        name, []
    ):
        assert word in caption
