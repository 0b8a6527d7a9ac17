"""Counters for Prometheus: what was asked of a server, and what its models said.

Records come in, counters in a registry of their own go out.
"""

import threading
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pygoodvibes.detection.certainty import ANOMALOUS, NORMAL, UNDECIDED
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.monitoring.drift import Drift
from pygoodvibes.monitoring.judge import NOT_SCORED, Judge
from pygoodvibes.monitoring.score_files import Record


class Metrics:
    """What is counted.

    Parameters
    ----------
    models : sequence of MachineModel
        The models that are served.
    judges : sequence of Judge
        One a model.

    Attributes
    ----------
    registry : prometheus_client.CollectorRegistry
        All counters.
    requests : prometheus_client.Counter
        Requests by status code.
    seconds : prometheus_client.Histogram
        How long scoring a clip took, s, without the time that it waited.
    """

    def __init__(self, models: Sequence[MachineModel], judges: Sequence[Judge]):
        self.registry = CollectorRegistry()
        inside = {"registry": self.registry}
        self.requests = Counter(
            "pygoodvibes_requests", "Requests by status code.", ["status"], **inside
        )
        self.seconds = Histogram(
            "pygoodvibes_scoring_seconds", "Time that scoring a clip took.", **inside
        )
        self._clips = Counter(
            "pygoodvibes_clips", "Clips by verdict.", ["model", "verdict"], **inside
        )
        self._score = Gauge("pygoodvibes_score", "Score of the last clip.", ["model"], **inside)
        thresholds = Gauge(
            "pygoodvibes_threshold", "Scores above are too odd.", ["model"], **inside
        )
        self._ewma = Gauge(
            "pygoodvibes_ewma", "Control chart of the scores, in deviations.", ["model"], **inside
        )
        limits = Gauge(
            "pygoodvibes_ewma_limit",
            "Scores have moved beyond it or minus it.",
            ["model"],
            **inside,
        )
        self._charts = {
            model.name: Drift(model, judging) for model, judging in zip(models, judges, strict=True)
        }
        self._one_at_a_time = threading.Lock()
        for name, chart in self._charts.items():
            limits.labels(name).set(chart.scores.limit)
        for model, judging in zip(models, judges, strict=True):
            thresholds.labels(model.name).set(judging.threshold)
            for verdict in (NORMAL, ANOMALOUS, UNDECIDED, NOT_SCORED):
                self._clips.labels(model.name, verdict)

    def count(self, records: Sequence[Record]) -> None:
        """Count what models say of a clip, one record a model."""
        for record in records:
            self._clips.labels(record.model, record.verdict).inc()
            if record.score is not None:
                self._score.labels(record.model).set(record.score)
                with self._one_at_a_time:
                    charted = self._charts[record.model].update(record)
                if charted.ewma is not None:
                    self._ewma.labels(record.model).set(charted.ewma)
