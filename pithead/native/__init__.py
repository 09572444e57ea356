"""The hot arithmetic of mining: C extensions where there are any, plain Python elsewhere.

The judge needs a processor with SHA instructions; without them hashlib is the faster of the two.
The choice is made once, here; both give equal answers (`twin` says what they mean).
"""

from pithead.native.twin import MAX_SCAN

try:
    from pithead.native._judge import USABLE as HAS_NATIVE
except ImportError:  # it could not be built here
    HAS_NATIVE = False

if HAS_NATIVE:
    from pithead.native._judge import scan, share_hash
else:
    from pithead.native.twin import scan, share_hash

__all__ = ["HAS_NATIVE", "MAX_SCAN", "scan", "share_hash"]
