from pygoodvibes.data.sources.clip_table import manifest_row
from pygoodvibes.data.supplemental import STATUS


def test_a_row_in_a_folder_supplemental_is_left_out():
    given = {"machine": "ToyPet", "id": "00", "split": "train", "label": "normal"}
    row = manifest_row("ToyPet/supplemental/section_00_machine_0001_.wav", given, path="a.npy")
    assert row["status"] == STATUS["clean"]
    assert manifest_row("ToyPet/train/a.wav", given, path="a.npy")["status"] == "ok"
