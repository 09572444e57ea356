"""Logging in, and the password."""

import asyncio

from pithead.bos.authentication import (
    AuthenticationService,
    LoginRequest,
    LoginResponse,
    SetPasswordRequest,
    SetPasswordResponse,
)
from pithead.miner.api.keys import Keys
from pithead.miner.api.sessions import LIFETIME_SECONDS
from pithead.rpc.errors import InvalidArgument, Unauthenticated

USERNAME = "root"
LONGEST_PASSWORD = 1024


class Authentication(AuthenticationService):
    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._one_at_a_time = asyncio.Lock()

    async def login(self, request: LoginRequest) -> LoginResponse:
        async with self._one_at_a_time:  # many guesses at once are counted, too
            return await self._login(request)

    async def _login(self, request: LoginRequest) -> LoginResponse:
        sessions = self._keys.sessions
        sessions.may_try()
        self._keys.notice_change()
        revocations = sessions.revocations
        fits = await asyncio.to_thread(self._keys.passwords.fits, request.password)
        if sessions.revocations != revocations:
            raise Unauthenticated("the password has just been changed: log in again")
        if not fits or request.username != USERNAME:
            sessions.failed()
            raise Unauthenticated("wrong user or password")
        return LoginResponse(token=sessions.open(), timeout_s=LIFETIME_SECONDS)

    async def set_password(self, request: SetPasswordRequest) -> SetPasswordResponse:
        if request.password is not None and len(request.password) > LONGEST_PASSWORD:
            raise InvalidArgument(f"the password has more than {LONGEST_PASSWORD} characters")
        await asyncio.to_thread(self._keys.change_password, request.password)
        return SetPasswordResponse()
