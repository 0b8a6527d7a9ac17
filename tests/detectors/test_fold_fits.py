import numpy as np
import pytest

from pygoodvibes.detection import serialization
from pygoodvibes.detectors.fold_fits import FoldFits, FoldFitsOf, seen_by_fold
from pygoodvibes.detectors.kinds import NotAsDeclaredError
from pygoodvibes.detectors.knn import Settings
from pygoodvibes.detectors.state import fitted_by

RNG = np.random.default_rng(0)
CLIPS = RNG.normal(size=(7, 3))


def fit(shift, columns=3):
    values = np.random.default_rng(shift).normal(size=(9, columns)) + shift
    return Settings(method="knn").build(n_clips=9, seed=0).fit(values)


FITS = FoldFits([fit(0), fit(3), fit(1)], [0, 2, 3])


def test_the_score_is_the_mean_of_all_fits():
    expected = np.mean([each.score_samples(CLIPS) for each in FITS.fits], axis=0)
    assert np.array_equal(FITS.score_samples(CLIPS), expected)


def test_each_fit_sees_the_projection_of_its_place():
    projections = RNG.normal(size=(7, 4, 3))
    expected = [
        each.score_samples(projections[:, place])
        for each, place in zip(FITS.fits, FITS.places, strict=True)
    ]
    assert np.array_equal(FITS.score_samples(projections), np.mean(expected, axis=0))


def test_frames_are_the_same_for_all_fits():
    clips = [np.zeros((5, 2)), np.zeros((3, 2))]
    assert seen_by_fold(clips, 3) is clips
    assert seen_by_fold(CLIPS, 3) is CLIPS


def read(structure, arrays, **sizes):
    return serialization.decode(structure, arrays, FoldFitsOf(fitted_by("knn")), sizes)


def test_fits_come_back_from_what_is_written_of_them():
    back = read(*serialization.encode(FITS), d=3, folds=4)
    assert isinstance(back, FoldFits) and back.places == FITS.places
    assert np.array_equal(back.score_samples(CLIPS), FITS.score_samples(CLIPS))
    one = read(*serialization.encode(fit(0)), d=3, folds=4)
    assert np.array_equal(one.score_samples(CLIPS), fit(0).score_samples(CLIPS))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda fits: fits.clear(), "between 1 and 4 fits"),
        (lambda fits: fits.extend(fits * 3), "between 1 and 4 fits"),
        (lambda fits: fits[0].update(place=4), "no place"),
        (lambda fits: fits[0].update(place=-1), "no place"),
        (lambda fits: fits[0].update(place=True), "no place"),
        (lambda fits: fits[0].pop("place"), "a fit is expected"),
        (lambda fits: fits.insert(0, None), "a fit is expected"),
        (lambda fits: fits.insert(0, []), "a fit is expected"),
        (lambda fits: fits.pop(), "an array is left over"),
    ],
)
def test_anything_else_is_refused(change, reason):
    structure, arrays = serialization.encode(FITS)
    change(structure)
    with pytest.raises(NotAsDeclaredError, match=reason):
        read(structure, arrays, d=3, folds=4)


def test_all_fits_see_as_many_columns_as_the_model_says():
    wider = FoldFits([fit(0), fit(1, columns=4)], [0, 1])
    with pytest.raises(NotAsDeclaredError):
        read(*serialization.encode(wider), d=3, folds=4)
