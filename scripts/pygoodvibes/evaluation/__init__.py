"""How well anomalies are told from normal clips.

Comes in: scores and labels. Goes out: metrics, averages, intervals, operating points, official
files. Sentences and tables for people belong to `report`.
"""
