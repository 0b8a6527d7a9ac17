"""One's own machine: learn what is normal, judge new recordings, watch a folder.

Comes in: a folder of normal recordings; a model and new recordings. Goes out: a model; verdicts,
windows, alarms. No Snakemake here.
"""
