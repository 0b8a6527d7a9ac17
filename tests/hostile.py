"""Model files as somebody would make them who means harm, each with a right checksum.

`python tests/hostile.py COUNT SEED` reads and scores with COUNT of them, watched from inside, and
prints what became of them.
"""

import copy
import hashlib
import io
import json
import pathlib
import random
import re
import resource
import struct
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator

import numpy as np

import own_machine
from pygoodvibes.detectors.combined import Chosen, Part
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring.fit_folder import fit_folder
from pygoodvibes.monitoring.score_clip import score_clip
from pygoodvibes.util import stored_zip
from pygoodvibes.util.errors import UserError

DIGEST = 64
CONTENT = {
    **own_machine.SMALL,
    "detectors": {
        "fusion": {},
        "local_density": {"scaling": "whiten"},
        "local_density_gaps": {"scaling": "whiten"},
        "ocsvm": {},
        "lof": {},
        "knn": {"n_neighbors": 2},
        "gmm": {},
        "mahalanobis": {},
        "frames": {"model": "lof", "n_components": 4, "max_frames": 200},
        "mixture": {"method": "frames", "model": "gmm", "n_components": 4, "max_frames": 200},
        "autoencoder": {"hidden": [8], "bottleneck": 2, "epochs": 1, "max_frames": 200},
        "idnn": {"hidden": [8], "bottleneck": 2, "epochs": 1, "max_frames": 200},
        "random_projection": {},
        "domain_knn": {},
        "domain_kmeans": {"centres": 4},
        "domain_smote": {},
        "nuisance_knn": {"directions_from": "training"},
        "iforest": {"method": "sklearn.ensemble.IsolationForest", "n_estimators": 5},
        "tree": {"method": "sklearn.neighbors.LocalOutlierFactor", "components": 3},
        "envelope": {"method": "sklearn.covariance.EllipticEnvelope", "components": 2},
    },
}
CLIP = own_machine.sound(99)


def base(folder: pathlib.Path) -> bytes:
    """Return a model with every kind of detector, and with what was chosen."""
    own_machine.healthy(folder / "pump", 14)
    model = fit_folder(folder / "pump", CONTENT, detectors="all").model
    member = model.estimators["fusion"].member_names[0]
    choice = Chosen([Part("fusion", member, 0.0, 1.0), Part("lof", "", 1.0, 2.0)])
    settings = copy.deepcopy(dict(model.settings))
    settings["detectors"] = {"choice": {"method": "choice"}, **settings["detectors"]}
    rates = settings["threshold"]["false_alarm_rates"]
    settings["threshold"]["false_alarm_rates"] = {"choice": 0.1, **rates}
    model = machine_model.MachineModel(
        **{
            **vars(model),
            "settings": settings,
            "estimators": {"choice": choice, **model.estimators},
            "held_out": {"choice": model.held_out["lof"], **model.held_out},
        }
    )
    return machine_model.dumps(model)


def signed(archive: bytes) -> bytes:
    """Make the checksum at the end of an archive right."""
    return archive[:-DIGEST] + hashlib.sha256(archive[:-DIGEST]).hexdigest().encode()


class Maker:
    """Makes hostile files of a good one, the same for the same seed.

    Parameters
    ----------
    good : bytes
        A model file.
    seed : int
        Of the draws.
    trap : pathlib.Path
        A file that is there only if code of a hostile file was run.
    """

    def __init__(self, good: bytes, seed: int, trap: pathlib.Path):
        self.good = good
        self.random = random.Random(seed)
        self.trap = trap
        members = stored_zip.read(good, DIGEST)
        self.members = {name: bytes(content) for name, content in members.items()}
        self.head = json.loads(self.members.pop("model.json"))
        self.paths = list(_paths(self.head))

    def files(self, count: int) -> Iterator[tuple[str, list[str], bytes]]:
        """Yield what is wrong, the detectors to score with, and the file."""
        kinds = (self.structure, self.array, self.archive, self.payload, self.structure, self.array)
        for number in range(count):
            what, names, content = kinds[number % len(kinds)]()
            yield what, names or ["fusion"], signed(content)

    def pack(self, head: object, members: dict[str, bytes]) -> bytes:
        """Return an archive of altered members."""
        text = head if isinstance(head, bytes) else json.dumps(head).encode()
        return stored_zip.write({**members, "model.json": text}, b"0" * DIGEST)

    # of the document

    def structure(self) -> tuple[str, list[str], bytes]:
        """Alter one place of `model.json`."""
        # half of the places among the detectors, or provenance and settings would be the most
        path = self.random.choice(self.paths)
        if self.random.random() < 0.7:
            path = self.random.choice([each for each in self.paths if each[:1] == ("detectors",)])
        head = copy.deepcopy(self.head)
        place = head
        for step in path[:-1]:
            place = place[step]
        way = self.random.choice(
            ("replace", "replace", "replace", "delete", "twice", "swap", "deep")
        )
        names = [path[1]] if path[0] == "detectors" and len(path) > 1 else []
        names += [name for name in path if name in self.head["detectors"]]
        if way == "replace":
            new = self.random.choice(self._values(place[path[-1]]))
            place[path[-1]] = new
            return f"{path} = {str(new)[:40]}", names, self.pack(head, self.members)
        if way == "delete":
            del place[path[-1]]
        elif way == "twice" and isinstance(place, list):
            place.append(copy.deepcopy(place[path[-1]]))
        elif way == "twice":
            place[f"{path[-1]}_"] = copy.deepcopy(place[path[-1]])
        elif way == "swap":
            other = self.head
            for step in self.random.choice(self.paths):
                other = other[step]
            place[path[-1]] = copy.deepcopy(other)
        else:
            place[path[-1]] = "DEEP"
            opening, closing = self.random.choice([(b"[", b"]"), (b'{"a":', b"}")])
            depth = self.random.choice((30, 100, 900, 100_000))
            deep = opening * depth + b"1" + closing * depth
            text = json.dumps(head).encode().replace(b'"DEEP"', deep)
            return f"{path} {depth} deep", names, self.pack(text, self.members)
        return f"{path} {way}", names, self.pack(head, self.members)

    def _values(self, old: object) -> list:
        number = old if isinstance(old, int | float) else 1
        return [
            None,
            True,
            False,
            0,
            -1,
            1,
            number + 1,
            -number,
            number * 1000,
            2**31,
            2**63,
            10**400,
            0.5,
            1e308,
            -1e308,
            5e-324,
            float("nan"),
            float("inf"),
            "",
            "os.system",
            "\x1b[31mred\n",
            "x" * 100_000,
            [],
            {},
            [old],
            {"a": old},
            {"array": 0},
            {"array": -1},
            {"array": 10**9},
            {"class": "os.system", "state": {}},
            {"class": "fusion.re", "state": {}},
            {"class": "local_density.Scaling", "state": {}},
            self._reduce("os", "system", f"touch {self.trap}"),
        ]

    # of the arrays

    def array(self) -> tuple[str, list[str], bytes]:
        """Alter one array."""
        name = self.random.choice(list(self.members))
        if self.random.random() < 0.8:
            name = self.random.choice([each for each in self.members if each[:4] == "dete"])
        old = stored_zip.read_npy(memoryview(self.members[name]))
        what, content = self._array(old)
        names = [
            part for part in name.replace(".npy", "").split("/") if part in self.head["detectors"]
        ]
        return f"{name} {what}", names, self.pack(self.head, {**self.members, name: content})

    def _array(self, old: np.ndarray) -> tuple[str, bytes]:
        whole = stored_zip.npy(old)
        way = self.random.choice(("dtype", "shape", "value", "value", "value", "header", "object"))
        if way == "dtype":
            kind = self.random.choice(
                [
                    "f2",
                    "f4",
                    "f8",
                    "i1",
                    "i4",
                    "i8",
                    "u1",
                    "u8",
                    "b1",
                    "c16",
                    "S3",
                    "M8[s]",
                    ">f8",
                    ">i8",
                ]
            )
            return kind, _npy(old.astype(kind))
        if way == "shape":
            new = self.random.choice(
                (
                    old.reshape(-1),
                    old[None],
                    old.T,
                    old[:0],
                    old[:1],
                    old[:-1],
                    np.concatenate([old, old]),
                    np.concatenate([old, old], axis=-1),
                    old.reshape(-1)[0] if old.size else old,
                    np.zeros((0, 10**6)),
                    np.zeros((3000, 300)),
                )
            )
            return f"shape {np.shape(new)}", _npy(np.asarray(new, dtype=old.dtype))
        if way == "value":
            new = old.copy().reshape(-1)
            values = (0, 1, -1, -2, 2**31 - 1, -(2**31), 2**62, -(2**63), 10**6)
            if new.dtype.kind == "f":
                values = (0.0, -1.0, np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, 1e18)
            value = np.asarray(self.random.choice(values)).astype(new.dtype)
            if len(new):
                which = self.random.choice((0, -1, self.random.randrange(len(new)), slice(None)))
                new[which] = value
            return f"{value}", _npy(new.reshape(old.shape))
        if way == "object":
            content = np.array([_Run(self.trap)] * max(old.size, 1), dtype=object)
            return "pickle", _npy(content)
        header = self.random.choice(
            (
                "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }",
                "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
                "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
                "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }",
                "{'descr': '|V8', 'fortran_order': False, 'shape': (1,), }",
                "__import__('os').system('true')",
                "(" * 5000 + ")" * 5000,
                "",
            )
        )
        text = header.encode() + b"\n"
        size = self.random.choice((len(text), 0, 65535))
        return f"header {header[:60]}", whole[:8] + struct.pack("<H", size) + text + whole[128:]

    # of the archive

    def archive(self) -> tuple[str, list[str], bytes]:
        """Alter the archive itself."""
        way = self.random.choice(
            ("deflated", "bzip2", "lzma", "bomb", "names", "double", "many", "cut", "flip", "tail")
        )
        if way in ("deflated", "bzip2", "lzma", "bomb"):
            methods = {"bzip2": zipfile.ZIP_BZIP2, "lzma": zipfile.ZIP_LZMA}
            return (
                way,
                [],
                self._zip(method=methods.get(way, zipfile.ZIP_DEFLATED), bomb=way == "bomb"),
            )
        if way == "names":
            name = self.random.choice(
                (
                    "../evil.npy",
                    "/evil",
                    "C:\\evil",
                    "a\0b",
                    "modèle",
                    "",
                    "pca/0/mean.npy/",
                    "x" * 60000,
                )
            )
            return f"member {name[:20]!r}", [], self._zip(more=[(name, b"x")])
        if way == "double":
            name = self.random.choice(["model.json", *self.members])
            return f"{name} twice", [], self._zip(more=[(name, b"{}")])
        if way == "many":
            return way, [], self._zip(more=[(f"m{number}", b"") for number in range(3000)])
        content = bytearray(self.good)
        if way == "cut":
            stop = self.random.randrange(1, len(content))
            return f"cut at {stop}", [], bytes(content[:stop]) + b"0" * DIGEST
        if way == "tail":
            return way, [], bytes(content[:-DIGEST]) + b"x" * 100 + b"0" * DIGEST
        # fields of the local headers, of the directory and of its end
        mark = self.random.choice((b"PK\3\4", b"PK\1\2", b"PK\5\6"))
        places, start = [], content.find(mark)
        while start >= 0:
            places.append(start)
            start = content.find(mark, start + 4)
        place = self.random.choice(places) + self.random.randrange(4, 46)
        value = self.random.choice((0, 1, 8, 9, 12, 63, 127, 255))
        content[min(place, len(content) - DIGEST - 1)] = value
        return f"{mark} byte {place} = {value}", [], bytes(content)

    def _zip(self, *, method: int = 0, bomb: bool = False, more: list | None = None) -> bytes:
        buffer = io.BytesIO()
        members = {**self.members, "model.json": json.dumps(self.head).encode()}
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for name, content in members.items():
                info = zipfile.ZipInfo(name)
                info.compress_type = method
                archive.writestr(info, bytes(30_000_000) if bomb and name[:3] == "pca" else content)
            for name, content in more or []:
                with _no_warnings():
                    archive.writestr(zipfile.ZipInfo(name), content)
            archive.comment = b"0" * DIGEST
        return buffer.getvalue()

    # of what earlier formats would have called

    def payload(self) -> tuple[str, list[str], bytes]:
        """Bring a call along, as earlier formats of detectors (skops) could name one."""
        target = self.random.choice(
            (
                ("os", "system", f"touch {self.trap}"),
                ("numpy", "savetxt", str(self.trap)),
                ("numpy.lib.npyio", "save", str(self.trap)),
                ("sklearn.datasets", "get_data_home", str(self.trap)),
                ("builtins", "exec", f"open({str(self.trap)!r}, 'w')"),
            )
        )
        node = self._reduce(*target)
        name = self.random.choice(list(self.head["detectors"]))
        head = copy.deepcopy(self.head)
        members = {
            key: content
            for key, content in self.members.items()
            if not key.startswith(f"detectors/{name}/")
        }
        way = self.random.choice(("inline", "inside", "old", "format 2"))
        if way == "inline":
            head["detectors"][name] = node
        elif way == "inside":
            members = self.members
            structure = head["detectors"][name]
            fit = self.random.choice(structure)["fit"] if isinstance(structure, list) else structure
            state = fit["state"]
            state[self.random.choice(list(state))] = node
        else:
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w") as archive:
                archive.writestr("schema.json", json.dumps({**node, "protocol": 2}))
            members[f"detectors/{name}.skops"] = inner.getvalue()
            head["detectors"][name] = None
            head["format"] = 2 if way == "format 2" else head["format"]
        return f"{name} {way} {node['__loader__']} {target[:2]}", [name], self.pack(head, members)

    def _reduce(self, module: str, function: str, argument: str) -> dict:
        loader = self.random.choice(
            ("ConstructorFromReduceNode", "MethodNode", "PartialNode", "ObjectNode", "FunctionNode")
        )
        return {
            "__class__": function,
            "__module__": module,
            "__loader__": loader,
            "__id__": 1,
            "content": {"args": [argument], "func": function, "obj": {"content": argument}},
        }


class _Run:
    """Runs code when it is unpickled."""

    def __init__(self, trap: pathlib.Path):
        self.trap = trap

    def __reduce__(self):
        return (exec, (f"open({str(self.trap)!r}, 'w')",))


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def _no_warnings():
    import warnings

    caught = warnings.catch_warnings()
    warnings.simplefilter("ignore")
    return caught


def _paths(value: object, above: tuple = ()) -> Iterator[tuple]:
    """Yield the way to each part of a document."""
    steps = value.keys() if isinstance(value, dict) else range(len(value))
    for step in steps:
        yield (*above, step)
        if isinstance(value[step], dict | list):
            yield from _paths(value[step], (*above, step))


def outcome(content: bytes, names: list[str]) -> str:
    """Read a file and score a clip; anything but a `UserError` goes on up."""
    try:
        model = machine_model.loads(content, "m.pgv")
    except UserError as error:
        assert str(error).startswith("m.pgv: ") and "\n" not in str(error), error
        return "refused at once"
    found = "scored"
    for name in dict.fromkeys([*names, *list(model.estimators)[:1]]):
        try:
            score_clip(model, CLIP, detector=name)
        except UserError as error:
            assert "\n" not in str(error) and str(error).isprintable(), error
            found = "refused when scoring"
    return found


def peak_mb() -> float:
    """Return the largest memory of this process so far; that of its parent does not count."""
    status = pathlib.Path("/proc/self/status")
    if status.is_file():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(count: int, seed: int) -> dict:
    """Read and score with hostile files, and watch what they do.

    Returns
    -------
    dict
        files, what became of them, slowest (s), peak (MB), and what they called that they must not.
    """
    found: dict[str, int] = {}
    called: list[str] = []
    watching = False

    def watch(event: str, arguments: tuple) -> None:
        mode = arguments[1] if event == "open" else ""
        bad = event.startswith(("os.", "subprocess", "socket", "pickle.", "ctypes.dlopen"))
        # looking into folders is what imports of libraries do
        harmless = event.startswith(("os.listdir", "os.scandir"))
        if watching and ((bad and not harmless) or set(mode or "") & set("wax+")):
            called.append(f"{event} {str(arguments)[:80]}")

    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        good = base(place)
        # all libraries are there before anything hostile is
        assert outcome(good, list(CONTENT["detectors"])) == "scored"
        sys.addaudithook(watch)
        slowest = (0.0, "")
        for what, names, content in Maker(good, seed, place / "trap").files(count):
            print(what, file=sys.stderr, flush=True)
            start, watching = time.perf_counter(), True
            result = outcome(content, names)
            watching = False
            slowest = max(slowest, (time.perf_counter() - start, what))
            found[result] = found.get(result, 0) + 1
            assert not (place / "trap").exists(), what
    return {
        "files": count,
        **dict(sorted(found.items())),
        "slowest": [round(slowest[0], 3), slowest[1][:80]],
        "peak_mb": round(peak_mb()),
        "called": called,
    }


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:]))))
