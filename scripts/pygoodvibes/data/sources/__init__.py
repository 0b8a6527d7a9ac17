"""Where the clips of a data set come from: one file a source.

Comes in: the section `dataset` of the config. Goes out: clips in a folder, or manifest rows.
Layouts of folders belong to `data`.
"""
