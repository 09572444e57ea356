"""Big answers, kept for a moment: who asks again at once need not be reckoned for again."""

KEPT_SECONDS = 5.0
"""How old a kept answer may be; Braiins Pool asks its users for one request in five seconds."""
LEAST_BYTES = 100_000
"""Smaller ones are as soon made again: some 350 workers."""
MOST_BYTES = 64 << 20


class Kept:
    """The newest big answers by user, together at most `most_bytes`."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._answers: dict[str, tuple[float, bytes]] = {}
        """The oldest first."""
        self._bytes = 0

    def find(self, user: str, wall: float) -> bytes | None:
        since, body = self._answers.get(user, (wall + 1, b""))
        return body if since <= wall < since + KEPT_SECONDS else None

    def keep(self, user: str, wall: float, body: bytes) -> None:
        self._drop(user)
        if len(body) < LEAST_BYTES:
            return
        self._answers[user] = wall, body
        self._bytes += len(body)
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, user: str) -> None:
        _, body = self._answers.pop(user, (0.0, b""))
        self._bytes -= len(body)
