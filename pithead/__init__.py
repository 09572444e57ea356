"""Pithead: a mining pool, a miner daemon and a farm behind the Braiins APIs."""
