"""The generator: sounds of six machine types, healthy and with faults, one file a machine type.

Comes in: machine type, machine ID, fault, severity, seed. Goes out: samples, and WAV files in the
DCASE layout. It takes nothing from real recordings.
"""
