"""The miner daemon: what a machine's firmware does, over the hardware port.

`miner` is the core: it owns `upstreams` (pools and fail-over, one `upstream` each), `feed` (work
in, shares out), `tuner`, `cooling`, a `meter` per board, and answers all reads by a `snapshot`.
`configuration` is what an operator decided, `settings` its file. `daemon` and `pool_link` are the
shells: ticks, sockets, hashing off the loop. `api` puts the Braiins OS services over the core.
"""
