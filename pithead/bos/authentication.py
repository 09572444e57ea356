"""Who may use the API."""

from typing import Annotated

from pithead.rpc.contract import U32, WHOLE, Http, Message, Service, rpc, wire
from pithead.rpc.errors import NOT_HERE, Unimplemented


class LoginRequest(Message, frozen=True, kw_only=True):
    username: Annotated[str, wire(1, "string")]
    password: Annotated[str, wire(2, "string")]


class LoginResponse(Message, frozen=True, kw_only=True):
    token: Annotated[str, wire(1, "string")]
    timeout_s: Annotated[int, wire(2, "uint32", ge=0, le=U32)]


class SetPasswordRequest(Message, frozen=True, kw_only=True):
    password: Annotated[str | None, wire(1, "string")]
    """None removes it. It has no default: nobody removes a password by leaving it out."""


class SetPasswordResponse(Message, frozen=True, kw_only=True):
    pass


class AuthenticationService(Service, name="braiins.bos.v1.AuthenticationService"):
    @rpc("Login", Http("POST", "/auth/login", "login", body=WHOLE, answer=WHOLE), needs_token=False)
    async def login(self, request: LoginRequest) -> LoginResponse:
        """Trade the user and the password for a token."""
        raise Unimplemented(NOT_HERE)

    @rpc("SetPassword", Http("PUT", "/auth/password", "setPassword", body=WHOLE, status=204))
    async def set_password(self, request: SetPasswordRequest) -> SetPasswordResponse:
        """Change the password, or remove it with null."""
        raise Unimplemented(NOT_HERE)
