"""Which training clips are held out together, and which clips are fitted to meanwhile.

Comes in: how many training clips there are. Goes out: groups of them, here folds dealt at random.
For each group the projection and the detectors are fitted once more, without the group.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Groups:
    """Groups of training clips that are held out together.

    Attributes
    ----------
    number : np.ndarray [shape=(n_train,), dtype=int]
        Group of each training clip, from 0.
    fitted_to : sequence of np.ndarray [shape=(n_train,), dtype=bool]
        For each group the clips to fit to while it is held out: none of the group.
    at_random : bool
        Whether the groups are folds of single clips, dealt at random; other folds would do as well.
        If not, the clips of a group belong together, and must not be dealt out anew.
    """

    number: np.ndarray
    fitted_to: Sequence[np.ndarray]
    at_random: bool

    @classmethod
    def of_folds(cls, number: np.ndarray) -> "Groups":
        """Take folds dealt at random, shape (n_train,); each is left out of the fits to all others.

        Parameters
        ----------
        number : np.ndarray [shape=(n_train,), dtype=int]
            Fold of each training clip, from 0; none is empty.
        """
        count = int(number.max(initial=-1)) + 1
        return cls(number, [number != fold for fold in range(count)], at_random=True)

    def __len__(self) -> int:
        return len(self.fitted_to)

    def joined(self, most: int) -> "Groups":
        """Join groups until there are at most so many, for fits that take long.

        Groups whose clips belong together stay as they are.
        """
        if not self.at_random or len(self) <= most:
            return self
        return Groups.of_folds(self.number % most)


def fold_clips(n_clips: int, *, folds: int, seed: int) -> Groups:
    """Deal training clips out to folds at random, as evenly as possible.

    Parameters
    ----------
    n_clips : int >= 0
        Training clips.
    folds : int >= 2
        Folds; with fewer clips each one is a fold of its own.
    seed : int >= 0
        Same seed, same folds.
    """
    fold = np.arange(n_clips) % max(min(folds, n_clips), 1)
    return Groups.of_folds(np.random.default_rng(seed).permutation(fold))
