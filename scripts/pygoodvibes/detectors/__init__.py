"""Detectors: one file a method.

Comes in: a matrix of training clips, or their log-mel frames. Goes out: a fitted estimator, which
gives clips a score. Thresholds, held-out scores and files belong to `detection`.
"""
