"""Many runs side by side.

Comes in: a study, or DVC's experiments. Goes out: tables and figures that compare them. What a
single run does belongs elsewhere.
"""
