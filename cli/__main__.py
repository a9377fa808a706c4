"""`python -m graphfold_cli`."""

from graphfold_cli.main import main

main()
