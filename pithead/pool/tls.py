"""TLS for one Stratum connection, between the bytes of the socket and those of the session.

The bytes that tell a TLS client from a plain one have been read when it is recognised, so the
handshake runs over memory and not over the socket. Certificates are read again when their files
change: new connections get the new one, those that are open go on.
"""

import ssl
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import structlog

log = structlog.get_logger(__name__)

HANDSHAKE_BYTE = b"\x16"
"""The first byte of a TLS client; no line of JSON begins so."""

MOST_HANDSHAKE_BYTES = 64 * 1024
"""What a peer may send before its handshake is done; real ones take less than two kilobytes."""

RELOAD_SECONDS = 5.0
"""How often the files are looked at, and so how soon a new certificate is used."""

_READ_BYTES = 64 * 1024


class CertificateError(Exception):
    """The certificate or its key cannot be used; the message says why."""


class NotTls(Exception):
    """The peer's bytes are no TLS that both sides can speak."""


class _Print(NamedTuple):
    """What changes when a file is written or replaced."""

    inode: int
    size: int
    modified_ns: int


class Certificate:
    """A certificate and its key, from files that an operator replaces while the pool runs."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Read both. Raises CertificateError."""
        self._files = (certificate, key)
        self._prints = self._look()
        self._context = self._load()
        self._looked_at = 0.0

    def context(self, wall: float) -> ssl.SSLContext:
        """For a connection that begins now. A certificate that became bad leaves the last good."""
        if not 0 <= wall - self._looked_at < RELOAD_SECONDS:
            self._looked_at = wall
            self._renew()
        return self._context

    def _renew(self) -> None:
        try:
            prints = self._look()
            if prints == self._prints:
                return
            self._context = self._load()
        except CertificateError as error:
            log.warning("the new certificate cannot be used; the last is kept", why=str(error))
            return
        self._prints = prints
        log.info("the certificate of the Stratum port was read again")

    def _look(self) -> tuple[_Print, ...]:
        try:
            seen = [file.stat() for file in self._files]
        except OSError as error:
            raise CertificateError(f"{error.filename}: {error.strerror}") from error
        return tuple(_Print(each.st_ino, each.st_size, each.st_mtime_ns) for each in seen)

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        try:
            context.load_cert_chain(*self._files, password=_no_password)
        except (OSError, ValueError) as error:
            certificate, key = self._files
            raise CertificateError(f"{certificate} with {key}: {error}") from error
        return context


def _no_password() -> str:
    """Nobody is there to type one."""
    raise ValueError("the key is encrypted")


class Channel:
    """The pool's end of one TLS connection: bytes in, bytes out."""

    __slots__ = ("_incoming", "_object", "_outgoing", "_received", "is_open")

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._received = 0
        self.is_open = False
        """The handshake is done."""

    def receive(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """What the peer said, what is to be sent to it as it is, and whether it said its last.

        Raises NotTls.
        """
        self._incoming.write(data)
        try:
            if not self.is_open:
                self._shake(len(data))
            said, is_over = self._read() if self.is_open else (b"", False)
        except ssl.SSLWantReadError:
            return b"", self._outgoing.read(), False
        except ssl.SSLError as error:
            raise NotTls(error.reason or str(error)) from error
        return said, self._outgoing.read(), is_over

    def _shake(self, count: int) -> None:
        self._received += count
        if self._received > MOST_HANDSHAKE_BYTES:
            raise NotTls("a handshake without end")
        self._object.do_handshake()
        self.is_open = True

    def _read(self) -> tuple[bytes, bool]:
        parts: list[bytes] = []
        while True:
            try:
                part = self._object.read(_READ_BYTES)
            except ssl.SSLWantReadError:
                return b"".join(parts), False
            if not part:
                return b"".join(parts), True
            parts.append(part)

    def send(self, data: bytes) -> bytes:
        """What goes over the wire for `data`. Raises NotTls where nothing can be said any more."""
        try:
            self._object.write(data)
        except ssl.SSLError as error:
            raise NotTls(error.reason or str(error)) from error
        return self._outgoing.read()

    def last_words(self) -> bytes:
        """Tells the peer that nothing follows, so that it knows nothing was cut off."""
        with suppress(ssl.SSLError):  # it waits for the peer's own, which nobody will read
            self._object.unwrap()
        return self._outgoing.read()
