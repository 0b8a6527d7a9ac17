"""From log-mel frames to one vector a clip: one file a method, and the projection (PCA).

Comes in: log-mel frames. Goes out: vectors with named columns, and their projection, fitted without
the clips that are held out. No detector belongs here.
"""
