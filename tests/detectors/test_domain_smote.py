"""A target domain filled up with references between its clips."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from two_domains import CLIPS, SOURCE, TARGET, build, fitted


def test_the_target_has_the_asked_share_of_the_source_and_keeps_its_clips():
    source, target = fitted("domain_smote", ratio=0.5).banks_
    assert np.array_equal(source, SOURCE)
    assert len(target) == 30
    assert np.array_equal(target[:8], TARGET)


def test_a_new_reference_lies_between_a_clip_and_one_of_its_nearest():
    target = fitted("domain_smote", ratio=0.9, between=2).banks_[1]
    distances = cdist(TARGET, TARGET) + np.diag([np.inf] * 8)
    lines = [
        (TARGET[first], TARGET[second])
        for first in range(8)
        for second in np.argsort(distances[first])[:2]
    ]
    for drawn in target[8:]:
        detours = [
            np.linalg.norm(drawn - first)
            + np.linalg.norm(drawn - second)
            - np.linalg.norm(first - second)
            for first, second in lines
        ]
        assert min(detours) == pytest.approx(0, abs=1e-9)


def test_references_have_unit_length_where_angles_count():
    target = fitted("domain_smote", ratio=0.9, metric="cosine").banks_[1]
    assert np.allclose(np.linalg.norm(target, axis=1), 1)


def test_enough_clips_or_a_single_one_stay_as_they_are():
    assert np.array_equal(fitted("domain_smote", ratio=0.1).banks_[1], TARGET)
    single = build("domain_smote", ratio=0.5)
    single.fit(CLIPS[:61], domains=["source"] * 60 + ["target"])
    assert np.array_equal(single.banks_[1], CLIPS[60:61])
