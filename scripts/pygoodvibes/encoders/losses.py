"""Losses of encoders: vectors and classes of a batch come in, one number goes out.

References
----------
Gauffre and Nanette (2021), PyGoodVibes (ratio loss of triplets).
Zhang et al. (2019), AdaCos: Adaptively scaling cosine logits for effectively learning deep face
representations. Wilkinghoff (2021), Sub-cluster AdaCos: Learning representations for anomalous
sound detection.
Deng et al. (2019), ArcFace: Additive angular margin loss for deep face recognition; Deng et al.
(2020), Sub-center ArcFace: Boosting face recognition by large-scale noisy web faces.
"""

import math

import jax
import jax.numpy as jnp

_SQUARE_FLOOR = 1e-12
"""Added to squared distances, whose root has no slope at 0."""

_RATIO_FLOOR = 1e-8
_COSINE_LIMIT = 1 - 1e-6


def triplet_ratio(anchors: jax.Array, positives: jax.Array, negatives: jax.Array) -> jax.Array:
    """Return d(a, p) / (1e-8 + (d(a, n) + d(p, n)) / 2), the mean over triplets.

    Parameters
    ----------
    anchors, positives : array [shape=(n, d)]
        Two clips of one machine ID.
    negatives : array [shape=(n, d)]
        One of another.

    Returns
    -------
    array [shape=()]
        0 at best; about 1 for vectors that tell nothing.
    """
    far = (_distance(anchors, negatives) + _distance(positives, negatives)) / 2
    return (_distance(anchors, positives) / (_RATIO_FLOOR + far)).mean()


def _distance(first: jax.Array, second: jax.Array) -> jax.Array:
    return jnp.sqrt(((first - second) ** 2).sum(-1) + _SQUARE_FLOOR)


def cosines(vectors: jax.Array, centres: jax.Array) -> jax.Array:
    """Return the cosines between vectors and the centres of classes.

    Parameters
    ----------
    vectors : array [shape=(n, d)]
        Of clips.
    centres : array [shape=(n_classes, n_sub, d)]
        Sub-clusters of each class.

    Returns
    -------
    array [shape=(n, n_classes, n_sub)]
        From -1 to 1.
    """
    return jnp.einsum("nd,ksd->nks", _unit(vectors), _unit(centres))


def _unit(vectors: jax.Array) -> jax.Array:
    return vectors * jax.lax.rsqrt((vectors**2).sum(-1, keepdims=True) + _SQUARE_FLOOR)


def first_scale(n_classes: int, n_sub: int) -> float:
    """Return the factor that AdaCos starts from: sqrt(2) log(number of centres - 1)."""
    return math.sqrt(2) * math.log(max(n_classes * n_sub - 1, 2))


def next_scale(similar: jax.Array, targets: jax.Array, scale: jax.Array) -> jax.Array:
    """Return the factor of AdaCos after a batch.

    Parameters
    ----------
    similar : array [shape=(n, n_classes, n_sub)]
        From `cosines`.
    targets : array [shape=(n, n_classes)]
        Share of each clip that is of a class.
    scale : array [shape=()]
        Factor of the batch.

    Returns
    -------
    array [shape=()]
        log(B) / cos(min(pi / 4, m)): B is the mean over clips of the sum over all centres of
        exp(scale * cosine), m the median angle of clips to the nearest centre of the class that
        they are of most.
    """
    n = len(similar)
    of_all = jax.nn.logsumexp(scale * similar.reshape(n, -1), axis=1)
    log_mean = jax.nn.logsumexp(of_all) - math.log(n)
    own = similar.max(2)[jnp.arange(n), targets.argmax(1)]
    angle = jnp.median(jnp.arccos(jnp.clip(own, -_COSINE_LIMIT, _COSINE_LIMIT)))
    return log_mean / jnp.cos(jnp.minimum(math.pi / 4, angle))


def sub_cluster_adacos(similar: jax.Array, targets: jax.Array, scale: jax.Array) -> jax.Array:
    """Return the cross entropy of classes, each of which has the sum of its centres' shares.

    With one centre a class it is that of AdaCos.

    Parameters
    ----------
    similar, targets, scale
        As in `next_scale`; the shares of a clip may add up to less than 1.

    Returns
    -------
    array [shape=()]
        Mean over clips.
    """
    logits = scale * similar
    of_class = jax.nn.logsumexp(logits, axis=2)
    of_all = jax.nn.logsumexp(of_class, axis=1, keepdims=True)
    return -(targets * (of_class - of_all)).sum(1).mean()


def arcface(similar: jax.Array, targets: jax.Array, *, scale: float, margin: float) -> jax.Array:
    """Return the cross entropy of classes if a clip's own is further away by an angle.

    Parameters
    ----------
    similar, targets
        As in `next_scale`; of each class the nearest centre counts. For a clip that is of several
        classes the losses of these are mixed.
    scale : float > 0
        Factor of the cosines.
    margin : float >= 0
        The angle, radians.

    Returns
    -------
    array [shape=()]
        Mean over clips.
    """
    nearest = jnp.clip(similar.max(2), -_COSINE_LIMIT, _COSINE_LIMIT)
    moved = scale * jnp.cos(jnp.minimum(jnp.arccos(nearest) + margin, math.pi))
    plain = scale * nearest
    # for each class that a clip may be of, all logits, with the margin on that one alone
    own = jnp.eye(plain.shape[1], dtype=bool)
    logits = jnp.where(own, moved[:, :, None], plain[:, None, :])
    losses = jax.nn.logsumexp(logits, axis=2) - moved
    return (targets * losses).sum(1).mean()
