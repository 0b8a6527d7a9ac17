"""What each year of DCASE Task 2 asks for: one file a year, facts only, each with its source.

Comes in: nothing. Goes out: machine types, sections, domains, names of files, metrics by name,
download records, published results. What was not found says so. Formulas belong to `evaluation`,
reading of clip names to `data`.
"""
