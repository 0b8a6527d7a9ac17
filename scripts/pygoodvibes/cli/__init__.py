"""The command `pygoodvibes`.

Comes in: arguments. Goes out: calls of the other rooms, and an exit code. No logic of the field
belongs here.
"""
