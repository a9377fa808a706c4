"""`python -m graphfold` is the command line."""

from graphfold_cli import main

main()
