"""`python -m pithead` is the command `pithead`."""

from pithead.cli.main import main

main()
