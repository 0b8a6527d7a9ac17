"""Detectors at work on one machine ID.

Comes in: vectors or log-mel frames of its clips. Goes out: fitted detectors and their files,
held-out scores, test scores, thresholds, seconds and memory. Metrics, which need labels, belong to
`evaluation`.
"""
