"""The Braiins Pool web API over a pool's readings: its contract, its service, tokens and limits."""
