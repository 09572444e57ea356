"""Mining machines, and the port through which a firmware has them.

`device` is the port; `models` are machines as data; `thermals` is their physics; `simulated` is a
machine of that physics whose hashes are computed elsewhere; `scanning` is that computing.
"""
