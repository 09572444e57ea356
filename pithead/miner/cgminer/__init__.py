"""The cgminer API of a machine on TCP 4028, as BOSminer answers it: JSON, one request a connection.

- requests: bytes to commands
- codes: what an answer is numbered, and refusals
- answers: reads, each from one snapshot
- pools: changes to pools that last until the mining process restarts
- api: from a request to the bytes of its answer
- server: the socket
"""
