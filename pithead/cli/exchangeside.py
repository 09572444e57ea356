"""The end of one process at what joins those of a pool, as it is configured."""

from pathlib import Path

from pithead.cli.exchangesection import ExchangeSection
from pithead.pool.localexchange import LocalExchange, LocalHub
from pithead.pool.natsexchange import NatsExchange
from pithead.pool.natslink import NatsSettings


async def open_exchange(
    section: ExchangeSection, directory: Path, keeps_books: bool
) -> LocalHub | LocalExchange | NatsExchange:
    """The end of this process. Raises OSError for files or a directory that cannot be used."""
    if section.kind == "nats":
        return NatsExchange(settings_of(section))
    return await LocalHub.open(directory) if keeps_books else LocalExchange(directory)


def settings_of(section: ExchangeSection) -> NatsSettings:
    return NatsSettings(
        section.urls,
        section.prefix,
        section.replicas,
        section.most_bytes,
        section.user,
        section.password,
        section.token,
        section.credentials_file,
        section.nkey_file,
        section.tls_ca,
        section.tls_certificate,
        section.tls_key,
    )
