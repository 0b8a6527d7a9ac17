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
        Group of each training clip, from 0; -1 for a clip that is never held out.
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
            Fold of each training clip, from 0; none is empty. -1 for a clip that is in none, and
            always fitted to.
        """
        count = int(number.max(initial=-1)) + 1
        return cls(number, [number != fold for fold in range(count)], at_random=True)

    def __len__(self) -> int:
        return len(self.fitted_to)

    def among(self, kept: np.ndarray) -> "Groups":
        """Return the groups of some of the training clips, without those that have none of them.

        Parameters
        ----------
        kept : np.ndarray [shape=(n_train,), dtype=bool]
            Which clips; they stay held out together.
        """
        numbers = self.number[kept]
        left = [number for number in range(len(self)) if np.any(numbers == number)]
        new = {number: place for place, number in enumerate(left)}
        return Groups(
            np.array([new.get(number, -1) for number in numbers.tolist()], dtype=int),
            [self.fitted_to[number][kept] for number in left],
            self.at_random,
        )

    def joined(self, most: int) -> "Groups":
        """Join groups until there are at most so many, for fits that take long.

        Groups whose clips belong together stay as they are.
        """
        if not self.at_random or len(self) <= most:
            return self
        return Groups.of_folds(np.where(self.number < 0, -1, self.number % most))


def fold_clips(n_clips: int, *, folds: int, seed: int, among: np.ndarray | None = None) -> Groups:
    """Deal training clips out to folds at random, as evenly as possible.

    Parameters
    ----------
    n_clips : int >= 0
        Training clips.
    folds : int >= 2
        Folds; with fewer clips each one is a fold of its own.
    seed : int >= 0
        Same seed, same folds.
    among : np.ndarray [shape=(n_clips,), dtype=bool], optional
        The clips that are held out at all (default: all).
    """
    number = np.full(n_clips, -1)
    dealt = np.ones(n_clips, dtype=bool) if among is None else among
    count = int(dealt.sum())
    fold = np.arange(count) % max(min(folds, count), 1)
    number[dealt] = np.random.default_rng(seed).permutation(fold)
    return Groups.of_folds(number)
