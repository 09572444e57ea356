"""Many simulated miners in one process, and a clock that can run faster."""
