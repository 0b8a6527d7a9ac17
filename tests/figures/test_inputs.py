import numpy as np
import pytest

from made_figures import SUFFIX
from pygoodvibes.figures.bars import plot_bars
from pygoodvibes.figures.clips import plot_clips
from pygoodvibes.figures.id_clouds import plot_id_clouds
from pygoodvibes.figures.inputs import points_of_ids, points_table, read_table, read_vectors
from pygoodvibes.figures.scores import plot_scores
from pygoodvibes.util.errors import UserError

# Style


def test_tables_without_a_column_or_with_numbers_for_ids_are_refused(full):
    with pytest.raises(UserError, match="no column status"):
        plot_clips(full.manifest.drop(columns="status"), title_suffix=SUFFIX)
    with pytest.raises(UserError, match="id that is not text"):
        plot_clips(full.manifest.assign(id=full.manifest["id"].astype(int)), title_suffix=SUFFIX)
    with pytest.raises(UserError, match="no row"):
        plot_bars(full.metrics.iloc[:0], title_suffix=SUFFIX)
    with pytest.raises(UserError, match="split 'dev'"):
        plot_id_clouds(full.points.assign(split="dev"), machine="fan", title_suffix=SUFFIX)
    with pytest.raises(UserError, match="label 'ok'"):
        plot_scores(
            full.scores.assign(label="ok"), full.metrics, detector="lof", title_suffix=SUFFIX
        )


# Reading, and the scripts of the rules


def test_reading_keeps_ids_as_text_and_names_a_broken_file(tmp_path, gaps):
    gaps.metrics.to_csv(tmp_path / "metrics.csv", index=False)
    table = read_table(tmp_path / "metrics.csv")
    assert list(table["id"].unique()) == ["00", "02", "04", "06"]
    assert list(table["note"]) == list(gaps.metrics["note"])
    with pytest.raises(UserError, match=r"gone\.csv"):
        read_table(tmp_path / "gone.csv")
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    with pytest.raises(UserError, match=r"broken\.npz"):
        read_vectors(tmp_path / "broken.npz")
    np.savez(tmp_path / "part.npz", clip=np.array(["a"]))
    with pytest.raises(UserError, match="no array split, label, values, columns"):
        read_vectors(tmp_path / "part.npz")
    word = np.array(["a"])
    np.savez(
        tmp_path / "turned.npz",
        clip=word,
        split=word,
        label=word,
        columns=word,
        values=np.zeros((2, 1)),
    )
    with pytest.raises(UserError, match=r"turned\.npz.*\(2, 1\)"):
        read_vectors(tmp_path / "turned.npz")


def test_projections_on_one_or_no_component_become_points():
    word = np.array(["a", "b"])
    arrays = {"clip": word, "split": word, "label": word, "values": np.ones((2, 1))}
    table = points_table(arrays, machine="fan", id="00")
    assert list(table["PC2"]) == [0, 0] and "PC3" not in table
    table = points_table(arrays | {"values": np.ones((2, 0))}, machine="fan", id="00")
    assert table[["PC1", "PC2"]].isna().all(axis=None)
    with pytest.raises(UserError, match="1 files of vectors for 2 machine IDs"):
        points_of_ids(["a.npz"], "fan", ["00", "02"])
