"""Where templates come from and blocks go: one port, and the chains behind it."""
