"""The Stratum V1 wire, both ends, without a socket: lines, messages, server, client."""
