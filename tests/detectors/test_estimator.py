import numpy as np
import pytest
from pydantic import ValidationError

from fitted_detectors import FAR, scored, settings_of
from pygoodvibes.detectors import estimator


def test_lof_by_dotted_path_scores_new_clips():
    ours = scored("sklearn.neighbors.LocalOutlierFactor", FAR, n_neighbors=12)
    assert np.array_equal(ours, scored("lof", FAR, n_neighbors=12))


def test_parameters_of_a_dotted_path_reach_the_estimator():
    settings = settings_of("sklearn.ensemble.IsolationForest", n_estimators=7)
    assert settings.build(n_clips=80, seed=0).n_estimators == 7
    assert settings.estimator_settings()["n_estimators"] == 7


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"method": "loff"}, "did you mean lof"),
        ({"method": "sklearn.nothing.Here"}, "names no estimator"),
        ({"method": "sklearn.ensemble.Nothing"}, "names no estimator"),
        ({"method": "sklearn.cluster.KMeans"}, "has no methods fit and score_samples"),
        ({"method": "json.dumps"}, "has no methods fit and score_samples"),
        ({"method": "sklearn.ensemble.IsolationForest", "trees": 5}, "trees: there is no such"),
    ],
)
def test_dotted_paths_that_lead_nowhere_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        estimator.Settings.model_validate(wrong)


def test_settings_of_the_method_are_told_from_common_ones():
    own = settings_of("knn", input="embedding", false_alarm_rate=0.2).estimator_settings()
    assert own == {"n_neighbors": 1, "metric": "euclidean"}
