"""Any scikit-learn outlier estimator, named by its dotted path."""

import contextlib
import difflib
import hashlib
import importlib
import importlib.metadata
import inspect
import pathlib
import re
from typing import Annotated

from pydantic import ConfigDict, Field, ValidationInfo, model_validator

from pygoodvibes.detectors.base import SeededSettings
from pygoodvibes.detectors.registry import METHODS
from pygoodvibes.detectors.sklearn_state import ESTIMATORS
from pygoodvibes.detectors.state import Object


def find_class(path: str) -> type:
    """Return the estimator class at a dotted path.

    Raises
    ------
    ValueError
        If there is no such class, or it has no `fit` and `score_samples`.
    """
    module, _, name = path.rpartition(".")
    if not module:
        known = ", ".join(METHODS)
        close = difflib.get_close_matches(path, METHODS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ValueError(
            f"method: {path!r} is not allowed; must be one of {known}, "
            f"or the dotted path of an estimator{hint}"
        )
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"method: {path!r} names no estimator ({error})") from None
    if not (inspect.isclass(kind) and hasattr(kind, "fit") and hasattr(kind, "score_samples")):
        raise ValueError(f"method: {path!r} has no methods fit and score_samples")
    return kind


class Settings(SeededSettings):
    """An estimator named by its dotted path; every other key is one of its parameters."""

    model_config = ConfigDict(extra="allow")

    method: Annotated[str, Field(examples=["sklearn.ensemble.IsolationForest"])]
    """Dotted path of a class with `fit` and `score_samples` (higher = more normal). Scikit-learn's
    IsolationForest, EllipticEnvelope, OneClassSVM, LocalOutlierFactor and GaussianMixture can be
    kept in a model file; any other is scored, but has no place in model files and in the choice."""

    @model_validator(mode="after")
    def _known_parameters(self, info: ValidationInfo) -> "Settings":
        # to import scikit-learn takes a second: of what it has found right it is not asked again
        answer = self._answer(info.context) if info.context else None
        if answer and answer.exists():
            return self
        known = list(inspect.signature(find_class(self.method)).parameters)
        for key in self.model_extra or {}:
            if key not in known:
                raise ValueError(
                    f"{key}: there is no such parameter; {self.method} has {', '.join(known)}"
                )
        # scikit-learn checks values in fit; its estimators can be asked to do so before
        check = getattr(self.build(n_clips=2, seed=0), "_validate_params", None)
        try:
            if check:
                check()
        except ValueError as error:
            wrong = re.search(r"'(\w+)' parameter", str(error))
            raise ValueError(f"{wrong[1]}: {error}" if wrong else str(error)) from None
        if answer:
            with contextlib.suppress(OSError):
                answer.parent.mkdir(parents=True, exist_ok=True)
                answer.touch()
        return self

    def _answer(self, folder: pathlib.Path) -> pathlib.Path | None:
        """Return the file that says that these settings are right; None for code of others."""
        if not self.method.startswith("sklearn."):
            return None
        version = importlib.metadata.version("scikit-learn")
        asked = f"{version} {self.model_dump_json()} {pathlib.Path(__file__).read_text('utf-8')}"
        return folder / hashlib.sha256(asked.encode()).hexdigest()

    def build(self, *, n_clips: int, seed: int):
        """Return the estimator for `n_clips` training clips."""
        kind = find_class(self.method)
        parameters = dict(self.model_extra or {})
        takes = inspect.signature(kind).parameters
        if "random_state" in takes:
            parameters.setdefault("random_state", seed if self.seed is None else self.seed)
        if kind.__name__ == "LocalOutlierFactor":
            parameters["novelty"] = True  # the only mode that can score new clips
        return kind(**parameters)


# of any other class a file can't hold what was fitted
FITTED = Object(*ESTIMATORS, d="d")
