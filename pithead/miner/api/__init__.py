"""The Braiins OS services over a miner: one thin class each, message to domain and back."""
