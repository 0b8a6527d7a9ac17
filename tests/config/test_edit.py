import pytest
import yaml

from pygoodvibes.config.edit import set_keys
from pygoodvibes.util.errors import UserError

TEXT = """\
# my fan
dataset:
  name: x   # short
  source: synthetic
  machines: {fan: ['00', '02'], pump: ["00"]}

detectors:   # the first is the default
  lof:
    n_neighbors: 20
    false_alarm_rate: null

  knn: {}
# how many alarms
threshold:
  false_alarm_rate: 0.1
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(TEXT)
    return path


def changed(path):
    """Return lines that are no longer there, and new ones."""
    before, after = TEXT.splitlines(), path.read_text().splitlines()
    gone = [line for line in before if line not in after]
    return gone, [line for line in after if line not in before]


@pytest.mark.parametrize(
    ("change", "gone", "new"),
    [
        ("detectors.lof.n_neighbors=5", ["    n_neighbors: 20"], ["    n_neighbors: 5"]),
        ("threshold.false_alarm_rate=0.05", ["  false_alarm_rate: 0.1"], None),
        ("detectors.lof.false_alarm_rate=0.2", ["    false_alarm_rate: null"], None),
        ("dataset.name=on-2", ["  name: x   # short"], ["  name: on-2 # short"]),
        ("seed=7", [], ["seed: 7"]),
        ("mel.n_mels=64", [], ["mel:", "  n_mels: 64"]),
        ("detectors.gmm={}", [], ["  gmm: {}"]),
        ("detectors.mine.method=knn", [], ["  mine:", "    method: knn"]),
    ],
)
def test_a_key_is_changed_and_nothing_else(path, change, gone, new):
    set_keys(str(path), [change])
    lost, found = changed(path)
    assert lost == gone
    if new is not None:
        assert found == new
    # what stands above a table stays above it
    text = path.read_text()
    assert "# how many alarms\nthreshold:" in text and text.startswith("# my fan\n")


@pytest.mark.parametrize(
    ("change", "machines"),
    [
        ("dataset.machines.fan.02='04'", {"fan": ["00", "04"], "pump": ["00"]}),
        ("dataset.machines.fan.1='04'", {"fan": ["00", "04"], "pump": ["00"]}),
        ("dataset.machines.fan=['04', '06']", {"fan": ["04", "06"], "pump": ["00"]}),
        ("dataset.machines={fan: ['00']}", {"fan": ["00"]}),
    ],
)
def test_entries_of_lists_are_named_by_place_or_by_what_they_are(path, change, machines):
    set_keys(str(path), [change])
    assert yaml.safe_load(path.read_text())["dataset"]["machines"] == machines


def test_several_keys_are_changed_at_once_and_told(path):
    said = set_keys(str(path), ["seed=7", "detectors.lof.n_neighbors=5", "dataset.name=x"])
    assert said == [
        f"{path}: seed is 7; it was not set",
        f"{path}: detectors.lof.n_neighbors is 5; it was 20",
        f"{path}: dataset.name is x already",
    ]
    content = yaml.safe_load(path.read_text())
    assert content["seed"] == 7 and content["detectors"]["lof"]["n_neighbors"] == 5


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("detectors.lof.neighbors=5", "no such key; did you mean n_neighbors"),
        ("detectors.lof.n_neighbors=0", "must be a whole number"),
        ("detectors.lof.n_neighbors", "is no change such as"),
        ("detectors..lof=1", "is no change such as"),
        ("dataset.name.x=1", "dataset.name is no table and no list"),
        ("dataset.machines.fan.5=1", "no such entry in the list dataset.machines.fan, which has 2"),
        ("seed=[1", "no value in YAML"),
    ],
)
def test_what_cannot_be_set_is_a_sentence_and_changes_nothing(path, change, reason):
    with pytest.raises(UserError, match=reason):
        set_keys(str(path), ["seed=7", change])
    assert path.read_text() == TEXT


def test_a_text_that_looks_like_something_else_is_kept_one(path):
    set_keys(str(path), ["dataset.machines.fan.00='on'", "dataset.name='1'"])
    content = yaml.safe_load(path.read_text())
    assert content["dataset"]["name"] == "1" and content["dataset"]["machines"]["fan"][0] == "on"


def test_line_ends_of_windows_stay(path):
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    set_keys(str(path), ["detectors.lof.n_neighbors=5"])
    expected = TEXT.replace("n_neighbors: 20", "n_neighbors: 5").replace("\n", "\r\n")
    assert path.read_bytes() == expected.encode()


def test_every_config_of_the_project_keeps_all_its_lines(root, tmp_path):
    for source in sorted((root / "config").glob("*.yaml")):
        path = tmp_path / source.name
        path.write_bytes(source.read_bytes())
        seed = yaml.safe_load(source.read_text("utf-8")).get("seed")
        set_keys(str(path), ["seed=99"])
        before, after = source.read_text("utf-8"), path.read_text("utf-8")
        if seed is None:
            assert after.replace("seed: 99\n", "") == before
        else:
            assert after.replace("seed: 99", f"seed: {seed}") == before
