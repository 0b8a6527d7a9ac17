"""Settings of the projection: section `projection` of the config."""

from typing import Literal

from pygoodvibes.util.settings import Count, Section, Share


class Projection(Section):
    """PCA per machine ID, fitted on its normal training clips."""

    n_components: Count | Share | Literal["all"] = 0.99
    """Components kept: a number, the share of variance to keep, or 'all'."""

    standardize: bool = True
    """Bring each column of the embedding to mean 0 and standard deviation 1 first."""

    whiten: bool = False
    """Bring each component to standard deviation 1."""

    residual: bool = True
    """One more column after the components: how far a clip lies from the subspace of all of them.
    Training clips span few directions, and a fault need not lie in one of these. Detectors that
    see some of the `components` don't see it."""
