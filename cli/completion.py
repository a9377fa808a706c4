"""`graphfold completion`: the script that completes commands, options and files in a shell."""

from __future__ import annotations

import click

from .messages import CallError


@click.command("completion")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def command(shell: str) -> None:
    """Print a completion script for a shell.

    \b
    graphfold completion bash >> ~/.bashrc
    graphfold completion zsh >> ~/.zshrc
    graphfold completion fish > ~/.config/fish/completions/graphfold.fish
    """
    from click.shell_completion import get_completion_class

    from .main import commands

    found = get_completion_class(shell)
    if found is None:
        raise CallError(f"no completion for {shell}")
    complete = found(commands, {}, "graphfold", "_GRAPHFOLD_COMPLETE")
    click.echo(complete.source())
