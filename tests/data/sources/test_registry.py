import pytest

from pygoodvibes.data.sources import registry


@pytest.mark.parametrize(
    ("source", "path", "expected"),
    [
        ("synthetic", None, "data/pump"),
        ("zenodo", None, "data/pump"),
        ("folder", "/recordings/pump", "/recordings/pump"),
        ("mel", "tables/clips.csv", "tables"),
        ("embedding", "clips.csv", "."),
    ],
)
def test_the_folder_of_clips_by_source(source, path, expected):
    section = {"source": source, "name": "pump", "path": path}
    assert registry.dataset_of(section).folder == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("synthetic", "synthetic data, no recordings"),
        ("zenodo", "DCASE 2020 Task 2"),
        ("kaggle", "DCASE 2020 Task 2"),
        ("folder", "data set plant"),
    ],
)
def test_what_headings_call_the_data(source, expected):
    assert registry.dataset_of({"source": source, "name": "plant"}).title == expected


def test_an_array_beside_a_table_of_vectors_is_watched_where_it_lies():
    section = {"source": "embedding", "name": "x", "path": "tables/v.csv", "array": "v.npy"}
    assert registry.dataset_of(section).watched == ["tables/v.csv", "tables/v.npy"]


def test_a_source_is_a_module_of_its_name():
    assert set(registry.SOURCES) == {
        "embedding",
        "folder",
        "kaggle",
        "mel",
        "synthetic",
        "zenodo",
    }
