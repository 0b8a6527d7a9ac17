"""Plotly figures of the pages, one module a subject: clips, clouds of points, results.

Comes in: arrays and tables. Goes out: figures, which `common.show_figure` puts on a page.
"""
