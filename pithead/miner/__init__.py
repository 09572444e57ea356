"""The miner daemon: what a machine's firmware does, over the hardware port."""
