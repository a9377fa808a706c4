"""The command line of graphfold: one file a command."""

from graphfold_cli.main import main

__all__ = ["main"]
