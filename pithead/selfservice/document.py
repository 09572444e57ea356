"""The API of signed-in users as an OpenAPI 3.1 document, made from the tables of its operations."""

from functools import cache

from pithead.pooladmin import document as admin
from pithead.selfservice.contract import ME, OPERATIONS, SESSION_OPERATIONS

COOKIE = "pithead_session"
CSRF_HEADER = "X-CSRF-Token"
DOCUMENT_PATH = ME + "/openapi.json"

DESCRIPTION = (
    f"What the page `/me` asks. `POST {ME}/session` signs in; every change then needs the "
    f"session's `csrf` in the header `{CSRF_HEADER}`. `GET {ME}/events` tells the profile again "
    "and again as server-sent events. Moments are unix seconds, hashrates Gh/s."
)
REFUSALS = {
    "401": "Sign in first, or name and password do not belong together.",
    "403": "The session's token is missing or wrong, or the password or its code is; the text "
    "says which.",
    "404": "What the path names is not there.",
    "415": "The body is not declared as JSON.",
    "422": "The body is wrong, or what it asks for cannot be; the text says why.",
    "429": "Too many attempts; `Retry-After` says after how many seconds to come back.",
    "503": "The database is away, or there are too many streams.",
}


@cache
def document() -> bytes:
    """As JSON."""
    return admin.document(
        (*SESSION_OPERATIONS, *OPERATIONS), "Pithead pool API of signed-in users",
        {"session": {"type": "apiKey", "in": "cookie", "name": COOKIE}},
        REFUSALS, DESCRIPTION, public=["sign_in"],
    )  # fmt: skip
