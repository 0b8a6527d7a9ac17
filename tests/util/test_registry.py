from pygoodvibes.util.registry import find_members


def test_a_member_is_a_file_whose_settings_name_it(tmp_path):
    texts = {
        "lof": 'class Settings:\n    method: Literal["lof"]\n',
        "copied": 'class Settings:\n    method: Literal["lof"]\n',
        "knn": 'class Settings:\n    # comes first\n    method: Literal["knn"]\n    k: int\n',
        "folder": 'class Settings:\n    source: Literal["folder"]\n',
        "base": "raise AssertionError('nothing is imported')\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text)
    assert find_members(tmp_path, "method") == ("knn", "lof")
    assert find_members(tmp_path, "source") == ("folder",)
