"""REST's form of the request for a support archive: gRPC has the format's number, REST its name."""

from enum import StrEnum

from pithead.rpc.contract import Message


class SupportArchiveFormat(StrEnum):
    UNSPECIFIED = "unspecified"
    ZIP = "zip"
    BOS = "bos"
    ZIPENCRYPTED = "zipencrypted"


class GetSupportArchive(Message, frozen=True, kw_only=True):
    format: SupportArchiveFormat
