"""The hot arithmetic of mining: a C extension where there is one, its hashlib twin elsewhere.

The extension needs a processor with SHA instructions; without them hashlib is the faster of the
two, so the choice is made once, here. Both give equal answers.
"""

from pithead.native.twin import scan, share_hash

HAS_NATIVE = False

__all__ = ["HAS_NATIVE", "scan", "share_hash"]
