"""From log-mel frames or samples to one vector a clip: one file a method, encoders, and the PCA.

Comes in: log-mel frames, or samples and the ONNX file of an encoder. Goes out: vectors with named
columns, and their projection, fitted without the clips that are held out. No detector belongs here.
"""
