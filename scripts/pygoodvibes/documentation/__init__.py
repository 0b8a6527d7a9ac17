"""What is generated for readers: reference pages, the tables of the config's keys, pictures.

Comes in: the code itself, and the results of the default data. Goes out: Markdown and pictures.
Nothing here is needed when the workflow runs.
"""
