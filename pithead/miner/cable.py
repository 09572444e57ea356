"""What a machine can reach over its network. Pure; whoever plays fate pulls the plug.

A machine without its network reaches no pool and is reached by nobody; or single pools are out of
its reach while all else goes on.
"""

from collections.abc import Callable

from pithead.miner.pool_url import PoolAddress

CableListener = Callable[[], None]


class Cable:
    def __init__(self) -> None:
        self._is_cut = False
        self._is_deaf = False
        self._lost: frozenset[PoolAddress | None] = frozenset()
        self._listeners: list[CableListener] = []

    @property
    def is_deaf(self) -> bool:
        """Whether nobody reaches the APIs of the machine."""
        return self._is_deaf

    def set(
        self, *, is_cut: bool, is_deaf: bool, lost_pools: frozenset[PoolAddress | None]
    ) -> None:
        """`is_cut`: no pool can be reached. Of `lost_pools`, None stands for every pool."""
        was_deaf = self._is_deaf
        self._is_cut, self._is_deaf, self._lost = is_cut, is_deaf, lost_pools
        if is_deaf is not was_deaf:
            for listener in tuple(self._listeners):
                listener()

    def watch(self, listener: CableListener) -> None:
        """Call `listener` whenever the APIs can be reached no more, or again."""
        self._listeners.append(listener)

    def problem(self, address: PoolAddress | None) -> str | None:
        """Why a pool cannot be reached, in the words of a socket; None: it can."""
        if self._is_cut:
            return "Network is unreachable"
        if self._lost and (address in self._lost or None in self._lost):
            return "No route to host"
        return None
