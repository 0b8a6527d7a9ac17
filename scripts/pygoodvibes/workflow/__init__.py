"""What Snakemake needs of the library.

Comes in: jobs, scripts, folders. Goes out: logs, hashes of code, states of folders, provenance, and
the process whose forks run jobs. No formula of the field belongs here.
"""
