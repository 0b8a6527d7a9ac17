"""The page for who runs the machines, `summary.html`.

Comes in: tables of a run, scores, clips. Goes out: one HTML page that needs nothing beside it.
Tables for researchers belong to `report`.
"""
