"""Snakemake's way to find `pygoodvibes.workflow.calm_log`: `snakemake -j8 --logger calm`.

Snakemake takes loggers from packages of such a name only.
"""

from pygoodvibes.workflow.calm_log import CalmLog as LogHandler

__all__ = ["LogHandler"]
