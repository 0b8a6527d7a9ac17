import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clip_folders import by_path, touch
from pygoodvibes.data.clip import Clip
from pygoodvibes.data.csv_manifest import MANIFEST_COLUMNS, find_manifest
from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.util.errors import UserError

HEADER = "path,machine,id,split,label\n"


def manifest(folder, text):
    file = folder / "clips.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_manifest(tmp_path):
    audio = tmp_path / "audio"
    touch(audio, "a/1.wav", "b/1.wav", "c/2.wav", "d/3.ogg")
    file = manifest(
        tmp_path,
        "\ufeffpath,comment,label, machine,id,split\n"
        'a/1.wav,x,normal,fan,A,train\nb/1.wav,"y, z",Abnormal,fan,A,test\n\n'
        f"{audio}/c/2.wav,,,fan,B,test\n./d//3.ogg,,anomalous,fan,B,Test\n",
    )
    clips = find_clips(audio, manifest=file)
    assert clips == find_manifest(file, audio)
    assert clips == [
        Clip("fan", "A", "test", "anomaly", "b/1.wav", "1.wav"),
        Clip("fan", "A", "train", "normal", "a/1.wav", "1.wav"),
        Clip("fan", "B", "test", "anomaly", "d/3.ogg", "3.ogg"),
        Clip("fan", "B", "test", "unknown", "c/2.wav", "2.wav"),
    ]


def test_a_manifest_may_tell_domains(tmp_path):
    touch(tmp_path, "1.wav", "2.wav", "3.wav")
    text = "path,machine,id,split,label,domain\n" + "".join(
        f"{number}.wav,fan,00,train,normal,{domain}\n"
        for number, domain in ((1, "source"), (2, " Target"), (3, "else"))
    )
    clips = by_path(find_manifest(manifest(tmp_path, text), tmp_path))
    assert [clip.domain for clip in clips.values()] == ["source", "target", ""]


def test_manifest_makes_names_unique_only_where_needed(tmp_path):
    touch(tmp_path, "a/1.wav", "b/1.wav", "b/2.wav")
    rows = "a/1.wav,fan,A,test,normal\nb/1.wav,fan,A,test,anomaly\nb/2.wav,fan,A,test,normal\n"
    clips = by_path(find_manifest(manifest(tmp_path, HEADER + rows), tmp_path))
    names = {path: clip.clip for path, clip in clips.items()}
    assert names == {"a/1.wav": "a__1.wav", "b/1.wav": "b__1.wav", "b/2.wav": "2.wav"}


def test_manifest_file_outside_of_the_folder(tmp_path):
    touch(tmp_path, "elsewhere/1.wav")
    (tmp_path / "audio").mkdir()
    path = (tmp_path / "elsewhere/1.wav").as_posix()
    rows = f"{path},fan,A,test,normal\n../elsewhere/1.wav,fan,A,train,normal\n"
    clips = find_manifest(manifest(tmp_path, HEADER + rows), tmp_path / "audio")
    assert [(c.path, c.reason) for c in clips] == [(path, ""), ("../elsewhere/1.wav", "")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1.wav,fan,A,dev,normal", "the split is 'dev', not train or test"),
        ("1.wav,fan,A,test,ok", "the label is 'ok', not normal, anomaly or unknown"),
        ("1.wav,fan,A,train,anomaly", "an anomaly among the training clips"),
        ("1.wav,fan,A,train,", "not labelled normal"),
        ("9.wav,fan,A,test,normal", "the file does not exist"),
        ("2.m4a,fan,A,test,normal", "of a kind that is not read; convert it"),
        (",fan,A,test,normal", "no path"),
        ("1.wav,,A,test,normal", "the machine '' is not"),
        ("1.wav,fan,A/B,test,normal", "the ID 'A/B' is not"),
    ],
)
def test_manifest_bad_row_is_listed(tmp_path, row, reason):
    touch(tmp_path, "0.wav", "1.wav", "2.m4a")
    file = manifest(tmp_path, HEADER + "0.wav,fan,A,test,normal\n" + row + "\n")
    clips = find_clips(tmp_path, manifest=file)
    assert len(clips) == 2
    assert clips[0].reason == "" or clips[1].reason == ""
    assert reason in clips[0].reason + clips[1].reason


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks the columns path, machine, id, split, label"),
        ("path,machine,id,split\n", "lacks the column label"),
        ("path;machine;id;split;label\n", "its columns stand between semicolons"),
        ("path\tmachine\tid\tsplit\tlabel\n", "its columns stand between tabs"),
        ("Path,Machine,ID,Split,Label\n", "the columns are named in small letters"),
        ("sep=,\n" + HEADER, "its first line is 'sep=,', a note for spreadsheets"),
        ("file,machine\n", "lacks the columns path, id"),
        (HEADER, "has a header but no rows"),
        (HEADER.replace("\n", ",id\n"), "has the column id twice"),
        (HEADER + "1.wav,fan,A\n", "row 2: 3 fields, but the header has 5"),
        (HEADER + "1.wav,fan,A,test,normal,extra\n", "row 2: 6 fields"),
        (
            HEADER + "1.wav,fan,A,test,normal\n2.wav,fan,A,test,\n./1.wav,fan,A,test,anomaly\n",
            "row 4: 1.wav is already in row 2; name each clip of a machine ID once",
        ),
        (HEADER + '"1.wav,fan,A,test,normal\n', "is not a CSV file"),
        (HEADER + "1.wav,fan,A,test,ok\n", "not one of the 1 clips of .*the label is 'ok'"),
    ],
)
def test_manifest_bad_file(tmp_path, text, message):
    touch(tmp_path, "1.wav", "2.wav")
    file = manifest(tmp_path, text)
    with pytest.raises(UserError, match=message) as caught:
        find_clips(tmp_path, manifest=file)
    assert str(file) in str(caught.value)


def test_a_recording_may_serve_several_machines(tmp_path):
    touch(tmp_path, "hall/1.wav")
    rows = "hall/1.wav,fan,A,train,normal\nhall/1.wav,pump,A,test,anomaly\n"
    rows += "hall/1.wav,fan,B,test,normal\n"
    clips = find_manifest(manifest(tmp_path, HEADER + rows), tmp_path)
    assert [(each.machine, each.id, each.split, each.label, each.reason) for each in clips] == [
        ("fan", "A", "train", "normal", ""),
        ("fan", "B", "test", "normal", ""),
        ("pump", "A", "test", "anomaly", ""),
    ]
    with pytest.raises(UserError, match=r"row 5: hall/1\.wav is already in row 2"):
        text = HEADER + rows + "hall/1.wav,fan,A,test,normal\n"
        find_manifest(manifest(tmp_path, text), tmp_path)


def test_a_path_as_windows_writes_it_gets_a_hint(tmp_path):
    touch(tmp_path, "a/1.wav", "2.wav")
    rows = "a\\1.wav,fan,A,test,normal\nb\\1.wav,fan,A,test,normal\n2.wav,fan,A,test,normal\n"
    reasons = {
        clip.path: clip.reason
        for clip in find_manifest(manifest(tmp_path, HEADER + rows), tmp_path)
    }
    assert reasons["a\\1.wav"] == "the file does not exist: write / in its path, not \\"
    assert reasons["b\\1.wav"] == "the file does not exist" and not reasons["2.wav"]


def test_manifest_not_text_or_not_there(tmp_path):
    file = tmp_path / "clips.csv"
    with pytest.raises(UserError, match="does not exist"):
        find_manifest(file, tmp_path)
    file.write_bytes(HEADER.encode() + b"\xff.wav,fan,A,test,normal\n")
    with pytest.raises(UserError, match="not UTF-8"):
        find_manifest(file, tmp_path)
    with pytest.raises(UserError, match="is not a folder"):
        find_manifest(file, tmp_path / "nowhere")


@given(
    names=st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["x.wav", "y.wav", "a__x.wav"])),
        unique=True,
        min_size=1,
    )
)
def test_manifest_names_are_unique(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("audio")
    touch(folder, *["/".join(name) for name in names])
    file = folder / "clips.csv"
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows(
            [MANIFEST_COLUMNS] + [["/".join(name), "fan", "A", "test", "normal"] for name in names]
        )
    usable = [clip.clip for clip in find_manifest(file, folder) if not clip.reason]
    assert len(set(usable)) == len(usable)
    assert len(usable) >= len(names) - 1  # a/a__x.wav may keep the name of a/x.wav
