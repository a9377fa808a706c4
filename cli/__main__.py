"""`python -m graphfold_cli`."""

from .main import main

main()
