from pygoodvibes.report.words import data_title


def test_titles_say_what_data_these_are():
    assert data_title(name="x", source="synthetic") == "synthetic data, no recordings"
    assert data_title(name="x", source="zenodo") == "DCASE 2020 Task 2"
    assert data_title(name="plant", source="folder") == "data set plant"
