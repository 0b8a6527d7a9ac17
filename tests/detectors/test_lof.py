import numpy as np
import pytest
from sklearn.neighbors import LocalOutlierFactor

from fitted_detectors import FAR, NEAR, TRAIN, scored, settings_of


def test_lof_is_scikit_learns():
    reference = LocalOutlierFactor(n_neighbors=12, novelty=True).fit(TRAIN)
    assert np.array_equal(scored("lof", FAR, n_neighbors=12), -reference.score_samples(FAR))
    # the factor itself: about 1 inside, far above it outside
    assert np.median(scored("lof", NEAR)) == pytest.approx(1, abs=0.2)
    assert scored("lof", FAR).min() > 1.5


def test_contamination_is_the_false_alarm_rate_of_lof():
    assert settings_of("lof").expected_false_alarm_rate() is None
    assert settings_of("lof", false_alarm_rate=0.2).expected_false_alarm_rate() == 0.2
    both = settings_of("lof", false_alarm_rate=0.2, contamination=0.05)
    assert both.expected_false_alarm_rate() == 0.05
    assert settings_of("knn", false_alarm_rate=0.3).expected_false_alarm_rate() == 0.3
