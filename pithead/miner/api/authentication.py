"""Logging in."""

import asyncio

from pithead.bos.authentication import AuthenticationService, LoginRequest, LoginResponse
from pithead.miner.api.passwords import PasswordFile
from pithead.miner.api.sessions import LIFETIME_SECONDS, Sessions
from pithead.rpc.errors import Unauthenticated

USERNAME = "root"


class Authentication(AuthenticationService):
    def __init__(self, sessions: Sessions, passwords: PasswordFile) -> None:
        self._sessions = sessions
        self._passwords = passwords

    async def login(self, request: LoginRequest) -> LoginResponse:
        self._sessions.may_try()
        fits = await asyncio.to_thread(self._passwords.fits, request.password)
        if not fits or request.username != USERNAME:
            self._sessions.failed()
            raise Unauthenticated("wrong user or password")
        return LoginResponse(token=self._sessions.open(), timeout_s=LIFETIME_SECONDS)
