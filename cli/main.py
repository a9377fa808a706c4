"""`graphfold COMMAND MODEL …`: finds the command, and turns errors into messages and exit codes.

0 done, 1 an unexpected failure, 2 the model, the data or the call is wrong.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper

import click

COMMANDS = {
    "check": "check",
    "draw": "draw",
    "unfold": "unfold",
    "block": "block",
    "fold": "fold",
    "expand": "expand",
    "eval": "evaluate",
    "grad": "gradients",
    "differentiate": "differentiate",
    "analyze": "analyze",
    "examples": "examples",
    "schema": "schema",
    "completion": "completion",
}


class Commands(click.Group):
    """The commands, each imported when it is asked for; a typo gets a suggestion."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order they are shown."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f".{COMMANDS[cmd_name]}", __package__)
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        name = args[0]
        if name in COMMANDS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        from .messages import no_such_command

        raise click.UsageError(no_such_command(name, list(COMMANDS)), ctx)


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from graphfold import __version__

        click.echo(f"graphfold {__version__}")
        ctx.exit()


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
    epilog="Start with `graphfold examples`, then `graphfold unfold MODEL --steps 3`.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def commands() -> None:
    """Make recurrent computation visible: describe, unfold, evaluate and draw circuits."""


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit."""
    given = sys.argv[1:] if args is None else args
    _never_fail_to_encode()
    try:
        code = commands.main(given, prog_name="graphfold", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.Abort:
        code = 130
    except BrokenPipeError:
        code = _stop_writing()
    except SystemExit as done:  # of click: words to complete, or a broken pipe as 1
        code = _stop_writing() if done.code == 1 else done.code
    except Exception as error:
        from .messages import report

        code = report(error, "--json" in given)
    sys.exit(code if isinstance(code, int) else 0)


def _stop_writing() -> int:
    """The reader, such as `head`, has seen enough: nothing more is written, and all is well."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _never_fail_to_encode() -> None:
    """Where a terminal cannot show θ, write its number rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
