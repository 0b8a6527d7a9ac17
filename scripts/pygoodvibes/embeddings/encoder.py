"""Encoders: an ONNX file in bytes and the samples of a clip come in, its vector goes out.

The file is checked before it runs (`onnx_file`), what it takes and gives is told by itself or by
the config (`encoder_needs`), and it runs in a process of its own (`encoder_run`), with one thread
and one piece of a clip at a time: the same bytes in the workflow, in `score` and in the app.
"""

import dataclasses
import functools
import hashlib
import pathlib
import time

import numpy as np

from pygoodvibes.embeddings import encoder_needs, onnx_file
from pygoodvibes.embeddings.encoder_inputs import inputs_of
from pygoodvibes.embeddings.encoder_needs import EncoderSettings, Needs
from pygoodvibes.embeddings.encoder_run import MOST_SECONDS, run
from pygoodvibes.util.errors import UserError

MOST_VALUES = 2**16
"""Longest vector."""


@dataclasses.dataclass(frozen=True)
class Encoder:
    """A checked encoder.

    Attributes
    ----------
    content : bytes
        Its ONNX file.
    needs : Needs
        What it takes and gives.
    name : str
        What messages call it.
    """

    content: bytes = dataclasses.field(repr=False)
    needs: Needs
    name: str

    @functools.cached_property
    def sha256(self) -> str:
        """Return the checksum of its file."""
        return hashlib.sha256(self.content).hexdigest()

    def vector(self, signal: np.ndarray, *, sample_rate: int) -> np.ndarray:
        """Turn a clip into a vector.

        Parameters
        ----------
        signal : np.ndarray [shape=(n_samples,)]
            Amplitude; full scale is 1.
        sample_rate : int > 0
            Hz.

        Returns
        -------
        np.ndarray [shape=(d,), dtype=float32]
            The output of the graph, pooled over time.

        Raises
        ------
        UserError
            If the clip is too short, onnxruntime is missing, or the graph fails, takes too long or
            too much memory, or gives something else than finite values of the axes told.
        """
        outputs = []
        latest = time.monotonic() + MOST_SECONDS + len(signal) / sample_rate
        for inputs in inputs_of(signal, self.needs, sample_rate=sample_rate):
            output = run(
                self.content, inputs, self.needs.output, sha256=self.sha256, name=self.name
            )
            self._check(output)
            outputs.append(output)
            if time.monotonic() > latest:
                self._refuse("it took longer than the clip lasts, and a minute more")
        vector = pooled(outputs, self.needs)
        if len(vector) > MOST_VALUES:
            self._refuse(f"a vector of {len(vector)} values, more than {MOST_VALUES}")
        return vector

    def _check(self, output: np.ndarray) -> None:
        axes = self.needs.axes
        if output.ndim != len(axes) or not output.size:
            self._refuse(f"an output of shape {output.shape}, where the axes {axes} are told")
        if "b" in axes and output.shape[axes.index("b")] != 1:
            self._refuse(f"an output of shape {output.shape} for one clip")
        if not np.isfinite(output).all():
            self._refuse("values that are no finite numbers")

    def _refuse(self, reason: str) -> None:
        raise UserError(
            "{name}: the encoder gives no vector ({reason})", name=self.name, reason=reason
        )


def pooled(outputs: list[np.ndarray], needs: Needs) -> np.ndarray:
    """Make one vector of the outputs of the pieces of a clip.

    Parameters
    ----------
    outputs : list of np.ndarray
        Of each piece, with the axes of the needs.
    needs : Needs
        Axes and pooling.

    Returns
    -------
    np.ndarray [shape=(d,), dtype=float32]
        With mean_std, the means before the standard deviations.
    """
    over_time = "t" in needs.axes and needs.pooling != "none"
    rows = []
    for output in outputs:
        if over_time:
            moved = np.moveaxis(output, needs.axes.index("t"), 0)
            rows.append(moved.reshape(len(moved), -1))
        else:
            rows.append(output.reshape(1, -1))
    frames = np.concatenate(rows)
    if needs.pooling == "max":
        return frames.max(axis=0)
    mean = frames.mean(axis=0, dtype=np.float64)
    if needs.pooling != "mean_std":
        return mean.astype(np.float32)
    return np.concatenate([mean, frames.std(axis=0, dtype=np.float64)]).astype(np.float32)


def loads(content: bytes, name: str, *, needs: Needs | None = None) -> Encoder:
    """Check an encoder in bytes.

    Parameters
    ----------
    content : bytes
        An ONNX file.
    name : str
        What messages call it: its file, or that of the model that holds it.
    needs : Needs, optional
        What it takes and gives (default: what it says itself).

    Raises
    ------
    UserError
        If it is no ONNX file, or one that is not run, or doesn't fit its needs.
    """
    graph = onnx_file.check(content, name)
    if needs is None:
        needs = encoder_needs.read(graph.metadata, name)
    _check_fit(graph, needs, name)
    return Encoder(content, needs, name)


def load(
    path: str | pathlib.Path,
    *,
    settings: EncoderSettings,
    sha256: str | None = None,
    needs: Needs | None = None,
) -> Encoder:
    """Read the file of an encoder, as the settings of its embedding want it.

    Parameters
    ----------
    path : path
        An ONNX file.
    settings : EncoderSettings
        Whether its weights are to be drawn at random.
    sha256 : str, optional
        What its checksum must be.
    needs : Needs, optional
        As in `loads`.

    Raises
    ------
    UserError
        As in `loads`; if it can't be read, or has another checksum.
    """
    path = pathlib.Path(path)
    try:
        onnx_file.check_size(path.stat().st_size, str(path))
        content = path.read_bytes()
    except OSError as error:
        raise UserError(
            "{path}: can't be read ({reason})", path=path, reason=error.strerror
        ) from None
    if sha256 is not None:
        found = hashlib.sha256(content).hexdigest()
        if found != sha256.lower():
            raise UserError(
                "{path}: another file than the config names: its SHA-256 is {found}",
                path=path,
                found=found,
            )
    encoder = loads(content, str(path), needs=needs)
    if settings.control == "none":
        return encoder
    graph = onnx_file.check(content, str(path))
    drawn = onnx_file.with_random_weights(
        content, graph, seed=settings.control_seed, keeps=settings.control_keeps
    )
    return dataclasses.replace(encoder, content=drawn)


def _check_fit(graph: onnx_file.Graph, needs: Needs, name: str) -> None:
    """Refuse needs that name other inputs or outputs than the graph has, or other axes."""
    wanted = {each.name: each.axes for each in needs.inputs}
    if wanted.keys() != graph.inputs.keys():
        raise UserError(
            "{name}: the graph has the input(s) {found}, and {wanted} are told",
            name=name,
            found=", ".join(graph.inputs)[:300],
            wanted=", ".join(wanted),
        )
    if needs.output not in graph.outputs:
        raise UserError(
            "{name}: the graph has the output(s) {found}, and {wanted} is told",
            name=name,
            found=", ".join(graph.outputs)[:300],
            wanted=needs.output,
        )
    shapes = {**graph.inputs, needs.output: graph.outputs[needs.output]}
    for key, axes in {**wanted, needs.output: needs.axes}.items():
        shape = shapes[key]
        if shape is not None and len(shape) != len(axes):
            raise UserError(
                "{name}: {key} has {found} axes, and {axes} are told",
                name=name,
                key=key,
                found=len(shape),
                axes=axes,
            )
