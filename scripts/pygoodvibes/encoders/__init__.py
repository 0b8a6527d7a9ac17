"""Training of encoders, the networks behind learned embeddings.

Comes in: normal training clips, their machine types and machine IDs. Goes out: a trained encoder as
the bytes of an ONNX file, and how its loss fell. Nothing here is needed to embed or to score a
clip; that takes the file alone. JAX belongs here and nowhere else.
"""
