"""`python -m benchmarks [NAME …]` prints a table; `--quick` only shows that all of it runs."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib import import_module

from benchmarks.table import table

NAMES = (
    "start_up",
    "edges",
    "unfolding",
    "long_figure",
    "against_dot",
    "evaluation",
    "engines",
    "folding",
    "graphs",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one round")
    parser.add_argument("--slow", action="store_true", help="also what takes minutes")
    given = parser.parse_args()
    for name in given.names:
        if name not in NAMES:
            parser.error(f"no benchmark is called {name!r}; there are {', '.join(NAMES)}")
    rows = []
    for name in given.names or NAMES:
        print(f"{name} …", file=sys.stderr, flush=True)
        module = import_module(f"benchmarks.{name}")
        rows += module.rows(given.quick)
        if given.slow and hasattr(module, "slow_rows"):
            rows += module.slow_rows()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print(table(rows))


if __name__ == "__main__":
    main()
