"""User groups: whose hashrate is shown together. Any process may write them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, delete, insert, select

from pithead.pool.schema import members

LONGEST_NAME = 64


class Groups:
    """Each user is in one group at most."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, group: str, user: str) -> None:
        """Into this group, out of any other. ValueError for a name that cannot be one."""
        if not (0 < len(group) <= LONGEST_NAME and group.isprintable() and "/" not in group):
            raise ValueError(
                f"a group's name has 1 to {LONGEST_NAME} printable characters and no slash"
            )
        with self._engine.begin() as connection:
            connection.execute(delete(members).where(members.c.user == user))
            connection.execute(insert(members).values(user=user, group_name=group))

    def remove(self, group: str, user: str) -> bool:
        """False where the user was not in it."""
        here = (members.c.user == user) & (members.c.group_name == group)
        with self._engine.begin() as connection:
            return connection.execute(delete(members).where(here)).rowcount > 0

    def all(self) -> Mapping[str, Sequence[str]]:
        """Members by group, both in order."""
        groups: dict[str, list[str]] = {}
        rows = select(members.c.group_name, members.c.user)
        with self._engine.connect() as connection:
            for group, user in connection.execute(rows.order_by(*rows.selected_columns)):
                groups.setdefault(group, []).append(user)
        return groups
