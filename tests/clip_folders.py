"""Folders of empty files with the names of clips."""


def touch(folder, *paths):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()


def by_path(clips):
    assert len({clip.path for clip in clips}) == len(clips)
    return {clip.path: clip for clip in clips}


def mimii_paths(prefix="fan/", *, normals=30, abnormals=10, machine_id="id_00"):
    paths = [f"{prefix}{machine_id}/normal/{i:08d}.wav" for i in range(normals)]
    return paths + [f"{prefix}{machine_id}/abnormal/{i:08d}.wav" for i in range(abnormals)]
