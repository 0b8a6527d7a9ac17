"""Figures that people review: one file a figure.

Comes in: tables and arrays that are computed already. Goes out: a matplotlib figure. Nothing is
measured or fitted here but what a picture alone needs.
"""
