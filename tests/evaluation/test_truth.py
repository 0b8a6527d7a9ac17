import hashlib
import pathlib

import pytest

from made_submissions import make_submission, names_of, write_rows
from pygoodvibes.evaluation.truth import bare_name, known_by_name, read_truth, truth_of
from pygoodvibes.protocols.registry import protocol_of
from pygoodvibes.util.errors import UserError

FILE = pathlib.Path("anomaly_score_shaker_section_00_test.csv")
LISTED = """shaker
section_00_0000.wav,section_00_target_test_anomaly_0031_vel_0.11_ac_1.5.wav
section_00_0001.wav,section_00_source_test_normal_0000_vel_12.wav,0
grinder
section_00_0000.wav,section_00_source_normal_0007_noAttribute.wav
"""


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("section_03_0000.wav", "section_03_0000"),
        ("section_03_test_0000.wav", "section_03_0000"),
        ("section_03_source_test_0000.WAV", "section_03_source_0000"),
        (
            "section_00_source_test_normal_0001_vel_730_ac_0.11",
            "section_00_source_test_normal_0001_vel_730_ac_0.11",
        ),
        ("section_00_source_test_normal_0000.wav", "section_00_source_test_normal_0000"),
    ],
)
def test_names_of_one_clip_become_one(name, bare):
    assert bare_name(name) == bare


def test_names_that_tell():
    protocol = protocol_of(2023)
    assert known_by_name("section_00_source_test_normal_0001_ac_0.11", protocol) == (
        False,
        "source",
    )
    assert known_by_name("section_00_target_anomaly_0035_a_b.wav", protocol) == (True, "target")
    assert known_by_name("section_00_test_0001.wav", protocol) is None
    assert known_by_name("section_00_test_normal_0001.wav", protocol) is None
    assert known_by_name("anomaly_id_00_00000001.wav", protocol_of(2020)) == (True, "")


def test_a_list_of_raw_and_true_names(tmp_path):
    path = tmp_path / "eval_data_list_2023.csv"
    path.write_text(LISTED)
    protocol = protocol_of(2023)
    truths = read_truth(path, protocol)
    assert read_truth(tmp_path, protocol) == truths
    assert truths["shaker", "00"].clips == {
        "section_00_0000": (True, "target"),
        "section_00_0001": (False, "source"),
    }
    assert truths["grinder", "00"].clips == {"section_00_0000": (False, "source")}
    # joined by the name that the file has, in any order
    raw = ["section_00_test_0001.wav", "section_00_test_0000.wav"]
    assert list(truth_of(raw, ("shaker", "00"), truths, protocol, FILE).values()) == [
        (False, "source"),
        (True, "target"),
    ]
    true = ["section_00_target_test_anomaly_0031_vel_0.11_ac_1.5.wav"]
    true += ["section_00_source_test_normal_0000_vel_12.wav"]
    assert list(truth_of(true, ("shaker", "00"), truths, protocol, FILE).values()) == [
        (True, "target"),
        (False, "source"),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("section_00_0000.wav,section_00_source_test_normal_0000.wav\n", "row 1: must be a mach"),
        ("shaker\nsection_00_0000.wav,other.wav\n", "row 2: must be a machine type"),
        ("shaker\nsection_00_0000.wav,section_00_source_test_normal_0000.wav,1\n", "the label 1"),
        ("fan\nsection_07_0000.wav,section_07_source_test_normal_0000.wav\n", "no section 07"),
        (LISTED + LISTED, "comes twice"),
        ("", "tells of no clip"),
    ],
)
def test_a_list_that_can_not_be(tmp_path, text, reason):
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=reason):
        read_truth(path, protocol_of(2023))


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["section_00_0001.wav"], "no row for 1 clip.* the first is section_00_0000.wav"),
        (["section_00_0001.wav", "section_00_0002.wav"], "section_00_0002.wav is not in the gro"),
        (["section_00_0001.wav", "section_00_test_0001.wav"], "is there under two names"),
    ],
)
def test_clips_and_truth_that_differ(tmp_path, names, reason):
    (tmp_path / "list.csv").write_text(LISTED)
    truths = read_truth(tmp_path / "list.csv", protocol_of(2023))
    with pytest.raises(UserError, match=reason):
        truth_of(names, ("shaker", "00"), truths, protocol_of(2023), FILE)


def test_without_truth_the_names_must_tell():
    with pytest.raises(UserError, match=r"nothing tells the label of section_00_0001\.wav"):
        truth_of(["section_00_0001.wav"], ("shaker", "00"), {}, protocol_of(2023), FILE)
    names = ["section_00_source_test_normal_0000.wav"]
    with pytest.raises(UserError, match="is not of the domain target"):
        truth_of(names, ("fan", "00"), {}, protocol_of(2021), FILE, "target")


def test_the_folder_of_an_evaluator(tmp_path):
    protocol = protocol_of(2023)
    _, truth = make_submission(tmp_path, 2023)
    truths = read_truth(truth, protocol)
    assert sorted(truths) == sorted(protocol.parts["evaluation"].pairs())
    assert all(len(each.clips) == 200 for each in truths.values())
    # a name that tells otherwise than the labels
    name, label = (
        (truth / "ground_truth_data/ground_truth_shaker_section_00_test.csv")
        .read_text()
        .splitlines()[0]
        .split(",")
    )
    domain = (truth / "ground_truth_domain/ground_truth_shaker_section_00_test.csv").read_text()
    domain = ("source", "target")[int(domain.splitlines()[0].split(",")[1])]
    words = ("normal", "anomaly")
    attributes = truth / "ground_truth_attributes/ground_truth_shaker_section_00_test.csv"
    true_name = f"section_00_{domain}_test_{words[int(label)]}_0003_vel_0.5"
    write_rows(attributes, [(name, true_name)])
    read = read_truth(truth, protocol)
    assert read["shaker", "00"].raw_names == {true_name: "section_00_0000"}
    other = true_name.replace("vel_0.5", "noAttribute")
    write_rows(attributes, [(name, f"{other},{true_name}.wav")])  # 2024, where they were hidden
    read = read_truth(truth, protocol)
    assert read["shaker", "00"].raw_names == dict.fromkeys((other, true_name), "section_00_0000")
    write_rows(attributes, [(name, f"section_00_{domain}_test_{words[1 - int(label)]}_0003_a_b")])
    with pytest.raises(UserError, match=r"is called .* which .* doesn't say"):
        read_truth(truth, protocol)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda domain, data: domain.unlink(), "nothing tells the domains"),
        (lambda domain, data: write_rows(domain, [("section_00_0000.wav", 1)]), "other clips"),
        (lambda domain, data: write_rows(data, [("section_00_0000.wav", 2)]), "found '2'"),
        (lambda domain, data: write_rows(data, [("a.wav", 1), ("a.wav", 1)]), "comes twice"),
        (lambda domain, data: data.write_text("a.wav\n"), "two columns"),
    ],
)
def test_a_folder_that_can_not_be(tmp_path, change, reason):
    _, truth = make_submission(tmp_path, 2023)
    name = "ground_truth_shaker_section_00_test.csv"
    change(truth / "ground_truth_domain" / name, truth / "ground_truth_data" / name)
    with pytest.raises(UserError, match=reason):
        read_truth(truth, protocol_of(2023))


def test_no_truth_at_all(tmp_path):
    with pytest.raises(UserError, match="no ground truth of 2023"):
        read_truth(tmp_path, protocol_of(2023))
    with pytest.raises(UserError, match="no such file or folder"):
        read_truth(tmp_path / "a", protocol_of(2023))


def test_the_wrong_truth_of_2022_is_refused(tmp_path):
    protocol = protocol_of(2022)
    _, truth = make_submission(tmp_path, 2022)  # by chance: surely not the right one
    with pytest.raises(UserError, match=r"labels or domains of Toy.* are wrong: a list of 2022"):
        read_truth(truth, protocol)
    for path in truth.rglob("*Toy*"):
        path.unlink()
    assert len(read_truth(truth, protocol)) == 15
    names = ["section_03_source_test_normal_0000_a_b.wav"]
    with pytest.raises(UserError, match="names with labels, which are wrong in 2022"):
        truth_of(names, ("ToyCar", "03"), {}, protocol, FILE)


@pytest.mark.shared
def test_the_right_truth_of_2022_is_taken_and_one_wrong_label_is_seen(shared, tmp_path):
    protocol = protocol_of(2022)
    place = shared / "golden/dcase/dcase2022_ground_truth"
    truths = read_truth(place, protocol)
    assert len(truths) == 21
    for pair, prints in protocol.truth_fingerprints.items():
        known = [truths[pair].clips[bare_name(name)] for name in names_of(protocol, pair[1])]
        labels = "".join(str(int(anomalous)) for anomalous, _ in known)
        assert hashlib.sha256(labels.encode()).hexdigest() == prints[0]
    for kind in ("data", "domain"):
        for part in ("data", "domain"):
            name = "ground_truth_ToyTrain_section_04_test.csv"
            text = (place / part / name).read_text()
            other = {"0": "1", "1": "0"}[text[20]] if kind == part else text[20]
            (tmp_path / kind / part).mkdir(parents=True)
            (tmp_path / kind / part / name).write_text(text[:20] + other + text[21:])
        with pytest.raises(UserError, match="ToyTrain, section 04, are wrong"):
            read_truth(tmp_path / kind, protocol)


@pytest.mark.shared
def test_the_lists_of_2023_and_2025(shared):
    place = shared / "golden/dcase"
    listed = read_truth(place / "eval_data_list_2023.csv", protocol_of(2023))
    told = read_truth(place / "evaluator_2023_ground_truth", protocol_of(2023))
    assert {pair: truth.clips for pair, truth in listed.items()} == {
        pair: truth.clips for pair, truth in told.items()
    }
    assert {pair: truth.raw_names for pair, truth in listed.items()} == {
        pair: truth.raw_names for pair, truth in told.items()
    }
    truths = read_truth(place / "eval_data_list_2025.csv", protocol_of(2025))
    assert len(truths) == 8
    for truth in truths.values():
        kinds = list(truth.clips.values())
        assert {kind: kinds.count(kind) for kind in kinds} == {
            (anomalous, domain): 50
            for anomalous in (False, True)
            for domain in ("source", "target")
        }
