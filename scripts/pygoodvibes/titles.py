"""What headings and figures say of where the data are from."""

_OF_SOURCE = {
    "synthetic": "synthetic data, no recordings",
    "zenodo": "DCASE 2020 Task 2",
    "kaggle": "DCASE 2020 Task 2",
}


def data_title(*, name: str, source: str) -> str:
    """Return the words for a data set, given its name and its source in the config."""
    return _OF_SOURCE.get(source, f"data set {name}")
