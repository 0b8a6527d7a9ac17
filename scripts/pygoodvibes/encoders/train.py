"""The loop of training: a task comes in, the weights with the lowest held-out loss go out.

What a step learns from is drawn anew from the seed and the number of its epoch. So a training that
goes on from a checkpoint gives the same bytes as one that was never interrupted.
"""

import dataclasses
import pathlib
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import jax
import numpy as np
import optax

from pygoodvibes.encoders import checkpoints
from pygoodvibes.encoders.encoder import Variables

_SETTLING_STEPS = 30
"""Batches from which running means are taken before the first step."""

_TELL_SECONDS = 5.0


class Task(Protocol):
    """What is trained, and on what."""

    optimizer: Callable[[Callable], optax.GradientTransformation]
    """Takes the learning rate of each step."""

    steps: int
    """Steps of an epoch."""

    def start(self) -> tuple[Variables, Variables]:
        """Return weights and state to start from."""

    def batches(self, epoch: int) -> Iterator[dict[str, np.ndarray]]:
        """Draw the batches of an epoch, which its number decides; all of one shape."""

    def loss(
        self, weights: Variables, state: Variables, batch: dict[str, jax.Array]
    ) -> tuple[jax.Array, Variables]:
        """Return the loss of a batch in training, and the state after it."""

    def check(self, weights: Variables, state: Variables) -> dict[str, float]:
        """Return 'held_out_loss', and whatever else tells how good the weights are."""


@dataclasses.dataclass(frozen=True)
class Trained:
    """A trained encoder.

    Attributes
    ----------
    weights, state : Variables
        Of the epoch with the lowest held-out loss.
    history : list of dict
        For each epoch from 0, which is before training: epoch, loss (None at 0), and what the
        task's `check` tells.
    processor_seconds : float
        Of all threads, those before an interruption included. All else is the same in each run.
    """

    weights: Variables
    state: Variables
    history: list[dict]
    processor_seconds: float


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a training is.

    Attributes
    ----------
    epoch, epochs : int
        Number of this epoch, and the most there are.
    loss : float
        Mean of this epoch so far.
    held_out_loss : float
        After the epoch before.
    clips_per_second : float
        In this process.
    seconds_left : float
        If training goes on to the last epoch.
    """

    epoch: int
    epochs: int
    loss: float
    held_out_loss: float
    clips_per_second: float
    seconds_left: float

    def __str__(self) -> str:
        return (
            f"epoch {self.epoch} of {self.epochs}: loss {self.loss:.4f}, held out "
            f"{self.held_out_loss:.4f}, {self.clips_per_second:.3g} clips/s, "
            f"{self.seconds_left:.0f} s left at most"
        )


def train(
    task: Task,
    *,
    epochs: int,
    patience: int,
    learning_rates: tuple[float, float],
    checkpoint: pathlib.Path | None = None,
    tell: Callable[[Progress], None] | None = None,
) -> Trained:
    """Train until the held-out loss falls no more.

    Parameters
    ----------
    task : Task
        What is trained.
    epochs : int >= 0
        Most epochs.
    patience : int > 0
        Epochs without a lower held-out loss after which training ends.
    learning_rates : tuple of float
        Of the first and of the last step; between them half a cosine.
    checkpoint : pathlib.Path, optional
        File that is written after each epoch, and that training goes on from where it is there.
    tell : callable, optional
        Hears of the progress after each epoch, and every five seconds within one.
    """
    began = time.process_time()
    first, last = learning_rates
    rate = optax.cosine_decay_schedule(first, max(epochs * task.steps, 1), alpha=last / first)
    optimizer = task.optimizer(rate)
    weights, state = task.start()
    state = _settled(task, weights, state)
    trees = {"weights": weights, "state": state, "optimizer": optimizer.init(weights)}
    trees |= {"best_weights": weights, "best_state": state}
    found = checkpoints.load(checkpoint, trees) if checkpoint else None
    if found:
        trees, (history, spent) = found
    else:
        history = [{"epoch": 0, "loss": None, **task.check(weights, state)}]
        spent = time.process_time() - began
    earlier = spent - (time.process_time() - began)

    @jax.jit
    def step(weights, state, optimizer_state, batch):
        (loss, after), slopes = jax.value_and_grad(task.loss, has_aux=True)(weights, state, batch)
        changes, optimizer_state = optimizer.update(slopes, optimizer_state, weights)
        return optax.apply_updates(weights, changes), after, optimizer_state, loss

    clock = _Clock(task.steps, epochs, tell)
    while len(history) <= epochs and not _is_over(history, patience):
        epoch = len(history)
        losses = []
        for batch in task.batches(epoch):
            trees["weights"], trees["state"], trees["optimizer"], loss = step(
                trees["weights"], trees["state"], trees["optimizer"], batch
            )
            losses.append(float(loss))
            clock.step(epoch, losses, len(batch["clip"]), history[-1]["held_out_loss"])
        checked = task.check(trees["weights"], trees["state"])
        # the held-out loss is NaN for weights that have run away: never lower than any other
        if checked["held_out_loss"] < min(each["held_out_loss"] for each in history):
            trees |= {"best_weights": trees["weights"], "best_state": trees["state"]}
        history.append({"epoch": epoch, "loss": float(np.mean(losses)), **checked})
        spent = earlier + time.process_time() - began
        if checkpoint:
            checkpoints.save(checkpoint, trees, [history, spent])
        clock.say(epoch, losses, checked["held_out_loss"])
    return Trained(trees["best_weights"], trees["best_state"], history, spent)


def _is_over(history: list[dict], patience: int) -> bool:
    losses = [each["held_out_loss"] for each in history]
    return len(losses) - 1 - int(np.nanargmin(losses)) >= patience


def _settled(task: Task, weights: Variables, state: Variables) -> Variables:
    """Return the state after some batches that nothing is learnt from."""
    if not any(layer for layers in state.values() for layer in layers):
        return state
    look = jax.jit(lambda weights, state, batch: task.loss(weights, state, batch)[1])
    for number in range(_SETTLING_STEPS):
        if number % task.steps == 0:
            batches = iter(task.batches(0))
        state = look(weights, state, next(batches))
    return jax.tree.map(np.asarray, state)


class _Clock:
    """Tells how far a training is."""

    def __init__(self, steps: int, epochs: int, tell: Callable[[Progress], None] | None):
        self._steps, self._epochs, self._tell = steps, epochs, tell
        self._began = self._said = time.perf_counter()
        self._clips = self._done = 0

    def step(self, epoch: int, losses: list[float], clips: int, held_out_loss: float) -> None:
        if not self._done:
            # the first step compiles, which says nothing of the others
            self._began = time.perf_counter()
        else:
            self._clips += clips
        self._done += 1
        if self._clips and time.perf_counter() - self._said >= _TELL_SECONDS:
            self.say(epoch, losses, held_out_loss)

    def say(self, epoch: int, losses: list[float], held_out_loss: float) -> None:
        if not self._tell:
            return
        self._said = time.perf_counter()
        seconds = max(self._said - self._began, 1e-9)
        left = (self._epochs - epoch + 1) * self._steps - len(losses)
        self._tell(
            Progress(
                epoch,
                self._epochs,
                float(np.mean(losses)),
                held_out_loss,
                self._clips / seconds,
                left * seconds / max(self._done - 1, 1),
            )
        )
