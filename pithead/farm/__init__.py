"""Many simulated miners in one process, and a clock that can run faster.

`machines` puts one together; `hashing` computes for all of them in worker processes; `clock` is
the farm's time, which waits for that computing.
"""
