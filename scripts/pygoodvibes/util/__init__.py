"""What every room may use and none owns: errors, CSV files, paths, padding, parallel work.

Comes in: plain values. Goes out: plain values, or a `UserError`. Nothing that has a formula or a
term of the field belongs here.
"""
