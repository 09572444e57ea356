"""The HTTP side of one machine: its API, the document that describes it, and a page at the root."""

import html
import secrets
import string
from collections.abc import Callable

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pithead.miner.api.actions import Actions
from pithead.miner.api.authentication import Authentication
from pithead.miner.api.miner import MinerState
from pithead.miner.api.passwords import PasswordFile
from pithead.miner.api.performance import Performance
from pithead.miner.api.pool import Pools
from pithead.miner.api.sessions import TOKEN_LENGTH, Sessions
from pithead.miner.api.version import REST_VERSION, Version
from pithead.miner.miner import Miner
from pithead.rpc import openapi, rest
from pithead.rpc.contract import Service

BASE_PATH = "/api/v1"
ALPHABET = string.ascii_letters + string.digits


def build_app(
    miner: Miner,
    passwords: PasswordFile,
    clock: Callable[[], float],
    wall: Callable[[], float],
) -> Starlette:
    """`clock` tells the machine's time, `wall` the world's: tokens live by it."""
    sessions = Sessions(_token, wall)
    services: tuple[Service, ...] = (
        Version(),
        Authentication(sessions, passwords),
        Actions(miner, clock),
        MinerState(miner, clock),
        Performance(miner),
        Pools(miner, clock),
    )
    document = msgspec.json.encode(_document(services))

    async def serve_document(_request: Request) -> Response:
        return Response(document, headers=rest.HEADERS, media_type="application/json")

    async def serve_page(_request: Request) -> Response:
        return Response(_page(miner), headers=rest.HEADERS, media_type="text/html; charset=utf-8")

    app = Starlette(
        routes=[
            Route("/", serve_page),
            *(
                Route(f"{BASE_PATH}/docs/openapi.json{slash}", serve_document)
                for slash in ("", "/")
            ),
            *rest.routes(services, sessions, BASE_PATH),
        ],
        exception_handlers={HTTPException: rest.no_such_route},
    )
    app.router.redirect_slashes = False
    return app


def _document(services: tuple[Service, ...]) -> dict[str, object]:
    document = openapi.document(
        services,
        title="Pithead miner",
        version=f"{REST_VERSION.major}.{REST_VERSION.minor}.{REST_VERSION.patch}",
        base_path=BASE_PATH,
        description="The control surface of a mining machine, compatible with the Braiins OS "
        "Public REST API.",
    )
    itself = {
        "operationId": "getOpenApiSchema",
        "summary": "This document.",
        "security": [],
        "responses": {
            "200": {
                "description": "This document.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        },
    }
    document["paths"][f"{BASE_PATH}/docs/openapi.json"] = {"get": itself}
    return document


def _page(miner: Miner) -> bytes:
    """Clients recognise a machine by the two words `Braiins OS` on its page."""
    name = html.escape(miner.model.name)
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{name}</title>"
        f"<h1>{name}</h1><p>A Pithead miner, compatible with Braiins OS. "
        f'Its API is described in <a href="{BASE_PATH}/docs/openapi.json">this document</a>.'
        "</html>\n"
    ).encode()


def _token() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(TOKEN_LENGTH))
