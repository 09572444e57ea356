"""The addresses of pools as operators write them."""

from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT_PORT = 3333
PLAIN_SCHEME = "stratum+tcp"
TLS_SCHEMES = ("stratum+ssl", "stratum+tls")
SCHEMES = (PLAIN_SCHEME, *TLS_SCHEMES, "stratum2+tcp")
LONGEST_URL = 1024


@dataclass(frozen=True, slots=True)
class PoolAddress:
    scheme: str
    host: str
    port: int

    @property
    def is_supported(self) -> bool:
        return self.scheme == PLAIN_SCHEME or self.is_encrypted

    @property
    def is_encrypted(self) -> bool:
        """Stratum inside TLS."""
        return self.scheme in TLS_SCHEMES


def read_pool_url(url: str) -> PoolAddress:
    """Take a URL apart. Raises ValueError, in words for the operator."""
    if len(url) > LONGEST_URL:
        raise ValueError(f"a pool URL has at most {LONGEST_URL} characters")
    if not url.isprintable() or " " in url:
        raise ValueError(f"{url!r} is not a pool URL")
    parts = urlsplit(url if "://" in url else f"stratum+tcp://{url}")
    if parts.scheme not in SCHEMES:
        raise ValueError(f"{url!r} has none of the schemes {', '.join(SCHEMES)}")
    if not parts.hostname:
        raise ValueError(f"{url!r} names no host")
    try:
        port = parts.port
    except ValueError:
        raise ValueError(f"{url!r} has a port out of range") from None
    return PoolAddress(parts.scheme, parts.hostname, DEFAULT_PORT if port is None else port)
