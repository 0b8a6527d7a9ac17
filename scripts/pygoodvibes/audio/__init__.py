"""From bytes to log-mel frames.

Comes in: a file or a stream of bytes. Goes out: samples, log-mel frames in dB, and their cache on
disk. What a clip is called and which machine it belongs to is none of this room's business.
"""
