"""Whether a certificate and its key can be used, and for how long.

The standard library tells the dates of a certificate only to who has checked it: so it is shown
to a peer in this process that trusts it and nothing else.
"""

import ssl
from pathlib import Path

from pithead.pool.tls import Certificate, CertificateError

MOST_STEPS = 10
"""Of a handshake, which takes three."""


class CertificateBad(Exception):
    """It cannot be used; the message says why."""


def valid_until(certificate: Path, key: Path, wall: float) -> float:
    """The unix second at which the first certificate of the file expires. Raises CertificateBad."""
    try:
        ours = Certificate(certificate, key).context(wall)
    except CertificateError as error:
        raise CertificateBad(str(error)) from error
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    theirs.check_hostname = False
    theirs.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        theirs.load_verify_locations(certificate)
        shown = _shown(ours, theirs)
    except ssl.SSLCertVerificationError as error:
        raise CertificateBad(f"{certificate}: {error.verify_message}") from error
    except (ssl.SSLError, OSError) as error:
        raise CertificateBad(f"{certificate}: {error}") from error
    return ssl.cert_time_to_seconds(str(shown["notAfter"]))


def _shown(ours: ssl.SSLContext, theirs: ssl.SSLContext) -> dict[str, object]:
    """The certificate as the peer saw it. Raises ssl.SSLError."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = ours.wrap_bio(there, back, server_side=True)
    client = theirs.wrap_bio(back, there)
    for _ in range(MOST_STEPS):
        is_done = True
        for end in (client, server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                is_done = False
        if is_done:
            return dict(client.getpeercert() or {})
    raise ssl.SSLError("the handshake does not end")
