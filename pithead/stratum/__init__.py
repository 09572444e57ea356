"""The Stratum V1 wire, both ends, without a socket.

`lines` cuts a stream into lines; `messages` holds what every message shares: the envelope, ids,
answers and error codes; `requests` is what a miner asks, `pushes` what a pool sends unasked,
`answers` what it replies; `negotiation` is BIP310; `client` plays the miner's end and speaks in
`events`. The pool's end is `pool.session`.
"""
