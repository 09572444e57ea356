"""Commands whose modules are imported when they are called, or asked for their help."""

from collections.abc import Mapping
from importlib import import_module
from signal import SIGINT
from typing import Any

import click

INTERRUPTED = 128 + SIGINT
"""The exit code that shells know."""


class LazyGroup(click.Group):
    """A group that knows where some of its commands are: `module:name` in `pithead.cli`.

    Ctrl-C that no command knows what to do with, as while its module is imported, ends quietly.
    """

    def __init__(self, *rest: Any, commands_at: Mapping[str, str], **named: Any) -> None:
        super().__init__(*rest, **named)
        self._commands_at = commands_at

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._commands_at})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = self._commands_at.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, name = place.split(":")
        found: click.Command = getattr(import_module(f"pithead.cli.{module}"), name)
        return found
