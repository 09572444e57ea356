"""Which .proto file of the contract each type is declared in."""

ROOT_PACKAGE = "braiins"

_ELSEWHERE = {
    "saving": "bos/v1/common.proto",
    "tuning": "bos/v1/performance.proto",
    "version": "bos/version.proto",
}


def proto_file(kind: type) -> str:
    """A file has the name of its module but where the contract has it otherwise."""
    module = kind.__module__.rpartition(".")[2]
    return _ELSEWHERE.get(module, f"bos/v1/{module}.proto")
