"""Which detectors suit a machine ID, decided without labels.

Comes in: training clips of the machine ID and of the other IDs of its type, and fitted detectors.
Goes out: what is chosen, why, and its scores. Test labels are never used.
"""
