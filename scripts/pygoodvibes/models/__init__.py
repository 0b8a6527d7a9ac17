"""Model files: one a machine, all that scoring takes.

Comes in: what was fitted, its settings, where it comes from. Goes out: a `.pgv` file, and the model
read back. Scoring belongs to `monitoring`.
"""
