"""The whole config.

Comes in: a YAML file. Goes out: checked settings, or a sentence for each wrong key; the JSON
schema. The settings of a room stand in that room; here they are put together.
"""
