"""One table says what an error is called on each transport."""

import pytest

from pithead.rpc import errors
from pithead.rpc.errors import CODES, RpcError, codes_of

KINDS = [
    each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, RpcError) and each is not RpcError
]


def test_every_error_has_a_status_and_a_code():
    assert set(CODES) == set(KINDS)


def test_every_error_is_drawn_in_the_tree_of_the_module():
    drawn = {line[2:].partition(":")[0] for line in errors.__doc__.splitlines() if line[:2] == "- "}
    assert drawn == {each.__name__ for each in KINDS}


@pytest.mark.parametrize(
    ("kind", "http", "grpc"),
    [
        (errors.BadRequest, 400, "INVALID_ARGUMENT"),
        (errors.Unauthenticated, 401, "UNAUTHENTICATED"),
        (errors.NotFound, 404, "NOT_FOUND"),
        (errors.Busy, 409, "ABORTED"),
        (errors.PreconditionFailed, 412, "FAILED_PRECONDITION"),
        (errors.TooLarge, 413, "RESOURCE_EXHAUSTED"),
        (errors.UnsupportedMedia, 415, "INVALID_ARGUMENT"),
        (errors.InvalidArgument, 422, "INVALID_ARGUMENT"),
        (errors.TooMany, 429, "RESOURCE_EXHAUSTED"),
        (errors.Unavailable, 500, "UNAVAILABLE"),
        (errors.Unimplemented, 501, "UNIMPLEMENTED"),
    ],
)
def test_an_error_has_the_codes_of_the_contract(kind, http, grpc):
    codes = codes_of(kind("because"))
    assert (codes.http, codes.grpc) == (http, grpc)


def test_an_error_of_the_domain_has_the_codes_of_what_it_derives_from():
    class NoBulbLeft(errors.PreconditionFailed):
        pass

    assert codes_of(NoBulbLeft("none left")).http == 412
