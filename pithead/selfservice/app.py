"""The API of signed-in users over HTTP: the routes, the document and its page."""

from collections.abc import Awaitable, Callable

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pithead.pool.logins import SESSION_SECONDS, Logins, Session
from pithead.pool.readings import StoreAway
from pithead.pooladmin.app import HEADERS, Refusal, body_of, refused, respond
from pithead.pooladmin.contract import Operation
from pithead.pooladmin.errors import Missing, Wrong
from pithead.poolapi.streams import Full, Streams
from pithead.rpc import pages
from pithead.selfservice import contract as api
from pithead.selfservice.contract import ME, OPERATIONS, SESSION_OPERATIONS
from pithead.selfservice.document import COOKIE, DOCUMENT_PATH, document
from pithead.selfservice.enrolment import enrolment
from pithead.selfservice.gate import Gate, address_of
from pithead.selfservice.service import SelfService

EVENT_SECONDS = 5.0

log = structlog.get_logger(__name__)

Answering = Callable[[Request], Awaitable[Response]]


def selfservice_routes(
    service: SelfService, logins: Logins, wall: Callable[[], float], streams: Streams
) -> list[Route]:
    """Every row of the tables, the stream of the profile, the document of all, and its page."""
    gate = Gate(logins, wall)
    own = {**_sessions(gate), **_own_account(gate, service)}
    rows = [(row, own[row.name]) for row in SESSION_OPERATIONS]
    rows += [(row, _operation(row, service, gate)) for row in OPERATIONS]
    page = pages.page(msgspec.json.decode(document()), DOCUMENT_PATH)

    async def describe(_request: Request) -> Response:
        return respond(200, document(), "application/json")

    async def show(_request: Request) -> Response:
        response = respond(200, page, "text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = pages.POLICY
        return response

    return [
        *(Route(row.path, _shell(answer), methods=[row.method]) for row, answer in rows),
        Route(f"{ME}/events", _shell(_telling(service, gate, streams)), methods=["GET"]),
        Route(DOCUMENT_PATH, describe, methods=["GET"]),
        Route(f"{ME}/docs", show, methods=["GET"]),
    ]


def _sessions(gate: Gate) -> dict[str, Answering]:
    async def sign_in(request: Request) -> Response:
        given = await body_of(request, api.SignIn)
        token = await gate.sign_in(request, given)
        response = _told(await gate.opened(token))
        response.set_cookie(
            COOKIE, token, max_age=SESSION_SECONDS, path=ME, httponly=True, samesite="strict",
            secure=request.url.scheme == "https",
        )  # fmt: skip
        log.info("a user signed in", user=given.user, address=address_of(request))
        return response

    async def session(request: Request) -> Response:
        return _told(await gate.session(request))

    async def sign_out(request: Request) -> Response:
        await gate.sign_out(request)
        return _without_cookie()

    async def change_password(request: Request) -> Response:
        await gate.change_password(request, await body_of(request, api.NewPassword))
        return _without_cookie()

    return {
        "sign_in": sign_in, "session": session, "sign_out": sign_out,
        "change_password": change_password,
    }  # fmt: skip


def _own_account(gate: Gate, service: SelfService) -> dict[str, Answering]:
    async def second_factor(request: Request) -> Response:
        found = await gate.second_factor(request)
        since, left = (found.since, found.recovery_codes) if found else (0, 0)
        return _json(api.SecondFactor(since=since, recovery_codes=left))

    async def begin(request: Request) -> Response:
        user, secret = await gate.begin_second_factor(request, await body_of(request, api.Proof))
        return _json(enrolment(user, secret))

    async def confirm(request: Request) -> Response:
        codes = await gate.confirm_second_factor(request, await body_of(request, api.Proof))
        log.info("a user signs in with codes from now on", address=address_of(request))
        return _json(api.RecoveryCodes(codes=list(codes)))

    async def remove(request: Request) -> Response:
        await gate.remove_second_factor(request, await body_of(request, api.Proof))
        log.info("a user signs in without codes from now on", address=address_of(request))
        return respond(204, b"")

    async def pay_to(request: Request) -> Response:
        given = await body_of(request, api.OwnDestination)
        await gate.session(request)
        service.check_destination(given)  # before a code is used up
        user = await gate.proved(request, given.password, given.code)
        await service.pay_to({"user": user}, given)
        log.info("a user is paid elsewhere", user=user, destination=given.address)
        return respond(204, b"")

    async def pay_no_more(request: Request) -> Response:
        given = await body_of(request, api.Proof)
        await service.check_is_paid((await gate.session(request)).user)
        user = await gate.proved(request, given.password, given.code)
        await service.pay_no_more({"user": user})
        log.info("a user is not paid any more", user=user)
        return respond(204, b"")

    return {
        "second_factor": second_factor, "begin_second_factor": begin,
        "confirm_second_factor": confirm, "remove_second_factor": remove,
        "pay_to": pay_to, "pay_no_more": pay_no_more,
    }  # fmt: skip


def _operation(row: Operation, service: SelfService, gate: Gate) -> Answering:
    operation = service.operations[row.name]

    async def answer(request: Request) -> Response:
        found = await gate.session(request)
        path = {**request.path_params, "user": found.user}
        given = () if row.body is None else (await body_of(request, row.body),)
        result = await operation(path, *given)
        if row.method != "GET":
            log.info("a user changed something", operation=row.name, **path)
        if row.answer is None:
            return respond(204, b"")
        return _json(result)

    return answer


def _telling(service: SelfService, gate: Gate, streams: Streams) -> Answering:
    async def answer(request: Request) -> Response:
        path = {"user": (await gate.session(request)).user}

        async def tell() -> bytes | None:
            try:
                await gate.session(request)
            except Refusal:
                return None
            return msgspec.json.encode(await service.profile(path))

        return streams.answer(address_of(request), tell, HEADERS, EVENT_SECONDS)

    return answer


def _shell(answering: Answering) -> Answering:
    """What all have in common: a refusal in words, and no error gets out."""

    async def answer(request: Request) -> Response:
        try:
            return await answering(request)
        except Refusal as refusal:
            return refused(refusal)
        except Missing as missing:
            return respond(404, f"{missing}\n".encode())
        except Wrong as wrong:
            return respond(422, f"{wrong}\n".encode())
        except (StoreAway, Full) as away:
            return respond(503, f"{away}\n".encode())
        except DBAPIError as error:
            log.warning("sessions cannot be read: the database is away", error=str(error.orig))
            return respond(503, f"{StoreAway()}\n".encode())
        except Exception:
            log.exception("a request of a user failed", path=request.url.path)
            return respond(500, b"internal error; the log says more\n")

    return answer


def _told(session: Session) -> Response:
    return _json(api.Session(user=session.user, expires=session.expires, csrf=session.csrf))


def _json(answer: object) -> Response:
    return respond(200, msgspec.json.encode(answer), "application/json")


def _without_cookie() -> Response:
    response = respond(204, b"")
    response.delete_cookie(COOKIE, path=ME, httponly=True, samesite="strict")
    return response
