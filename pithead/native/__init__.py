"""The optional C extension and its hashlib twin: one interface, equal answers."""
