"""The APIs of one machine: REST with the document that describes it, GraphQL, a page, and gRPC."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pithead.miner.api import frontpage
from pithead.miner.api.actions import Actions
from pithead.miner.api.advanced_settings import AdvancedSettings
from pithead.miner.api.authentication import Authentication
from pithead.miner.api.configuration import Configuration
from pithead.miner.api.cooling import Cooling
from pithead.miner.api.durable import answer_when_settled
from pithead.miner.api.frontpage import front_page
from pithead.miner.api.graphql import GraphQl
from pithead.miner.api.graphql_changes import Services
from pithead.miner.api.keys import Keys, keys_in
from pithead.miner.api.license import License
from pithead.miner.api.miner import MinerState
from pithead.miner.api.network import Network
from pithead.miner.api.over_grpc import grpc_api
from pithead.miner.api.performance import Performance
from pithead.miner.api.pool import Pools
from pithead.miner.api.requests import RequestLog
from pithead.miner.api.surroundings import Surroundings
from pithead.miner.api.upgrade import Upgrade
from pithead.miner.api.version import REST_VERSION_TEXT, Version
from pithead.miner.miner import Miner
from pithead.miner.upkeep import Upkeep
from pithead.rpc import openapi, pages, rest
from pithead.rpc.contract import Service
from pithead.rpc.grpc import GrpcApi

BASE_PATH = "/api/v1"
DOCUMENT_PATH = f"{BASE_PATH}/docs/openapi.json"
DOCS_PATH = f"{BASE_PATH}/docs"
"""The document as a page; machines have no such path, and clients ask for none."""

SERVICES: tuple[type[Service], ...] = (
    Version, Authentication, Actions, MinerState, Network, License, AdvancedSettings, Upgrade,
    Performance, Cooling, Configuration, Pools,
)  # fmt: skip
"""Whose operations a machine has."""


@dataclass(frozen=True, slots=True)
class Apis:
    """What one machine serves, over the same services."""

    http: Starlette
    grpc: GrpcApi


def build_app(
    miner: Miner,
    surroundings: Surroundings,
    clock: Callable[[], float],
    wall: Callable[[], float],
) -> Starlette:
    """The HTTP side alone."""
    return build_apis(miner, surroundings, clock, wall).http


def build_apis(
    miner: Miner,
    surroundings: Surroundings,
    clock: Callable[[], float],
    wall: Callable[[], float],
) -> Apis:
    """`clock` tells the machine's time, `wall` the world's: tokens live by it."""
    keys = keys_in(surroundings.directory, wall)
    miner.system.watch(lambda is_up: None if is_up else keys.sessions.revoke_all())
    services, of_graphql = _services(miner, surroundings, keys, clock)
    answer_when_settled(services, surroundings.settled)
    assert tuple(map(type, services)) == SERVICES
    graphql = GraphQl(miner, of_graphql, keys, surroundings.logs, clock)
    app = Starlette(
        routes=[
            *rest.routes(services, keys, BASE_PATH),
            Route("/graphql", rest.told(graphql.answer), methods=["POST"]),
            *_pages(miner, clock),
        ],
        exception_handlers={HTTPException: rest.no_such_route},
    )
    app.router.redirect_slashes = False
    app.add_middleware(RequestLog, chronicle=surroundings.chronicle)
    return Apis(app, grpc_api(services, keys, surroundings.chronicle))


def _services(
    miner: Miner, surroundings: Surroundings, keys: Keys, clock: Callable[[], float]
) -> tuple[tuple[Service, ...], Services]:
    """All of them in the order of the document, and those that GraphQL calls."""
    directory = surroundings.directory
    upkeep = Upkeep(miner, surroundings.defaults)
    authentication, pools = Authentication(keys), Pools(miner, clock)
    actions = Actions(miner, upkeep, keys, clock)
    services: tuple[Service, ...] = (
        Version(),
        authentication,
        actions,
        MinerState(miner, surroundings.logs, directory, clock),
        Network(miner, surroundings.interface),
        License(miner, clock),
        AdvancedSettings(miner),
        Upgrade(upkeep, surroundings.upgrades, directory, clock),
        Performance(miner, clock),
        Cooling(miner, clock),
        Configuration(miner),
        pools,
    )
    return services, Services(authentication, actions, pools, surroundings.settled)


def _pages(miner: Miner, clock: Callable[[], float]) -> list[Route]:
    """What a browser is shown, and the document behind it."""
    document = rest_document()

    async def serve_document(_request: Request) -> Response:
        return Response(document, headers=rest.HEADERS, media_type="application/json")

    async def serve_docs(_request: Request) -> Response:
        return _html(_docs(), pages.POLICY)

    async def serve_page(_request: Request) -> Response:
        page = front_page(miner.snapshot(clock()), DOCS_PATH, DOCUMENT_PATH)
        return _html(page, frontpage.POLICY)

    served = ((DOCUMENT_PATH, serve_document), (DOCS_PATH, serve_docs))
    return [
        Route("/", serve_page),
        *(Route(path + slash, serve) for path, serve in served for slash in ("", "/")),
    ]


@cache
def rest_document() -> bytes:
    """The OpenAPI document: one for all machines."""
    document = openapi.document(
        SERVICES,
        title="Pithead miner",
        version=REST_VERSION_TEXT,
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
    document["paths"][DOCUMENT_PATH] = {"get": itself}
    return msgspec.json.encode(document)


@cache
def _docs() -> bytes:
    """The same for people."""
    return pages.page(msgspec.json.decode(rest_document()), DOCUMENT_PATH)


def _html(page: bytes, policy: str) -> Response:
    headers = {**rest.HEADERS, "Content-Security-Policy": policy}
    return Response(page, headers=headers, media_type="text/html; charset=utf-8")
