"""A mining pool: pure cores (session, jobs, tallies, rewards) and the thin shells around them."""
