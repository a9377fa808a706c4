"""Traces: flat acyclic graphs of operations, and what reads them."""

from graphfold.traces.trace import Trace

__all__ = ["Trace"]
