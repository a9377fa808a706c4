"""The command line of graphfold: one file a command."""

from .main import main

__all__ = ["main"]
