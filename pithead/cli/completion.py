"""`pithead completion`: what makes a shell complete the words of `pithead`."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
_VARIABLE = "_PITHEAD_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes SHELL complete commands, options and names.

    \b
    Examples:
      pithead completion bash > ~/.local/share/bash-completion/completions/pithead
      source <(pithead completion zsh)                     (in ~/.zshrc)
      pithead completion fish > ~/.config/fish/completions/pithead.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell}")
    root = context.find_root()
    click.echo(kind(root.command, {}, "pithead", _VARIABLE).source())
