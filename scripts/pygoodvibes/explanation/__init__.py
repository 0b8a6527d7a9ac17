"""What is odd about a clip.

Comes in: the log-mel frames or the samples of a clip, and what is normal for its machine. Goes
out: where in time, in which mel bands and by how much the clip deviates, and what an engineer calls
that. Figures belong elsewhere.
"""
