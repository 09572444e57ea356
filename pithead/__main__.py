"""`python -m pithead`, and the command `pithead`.

Ctrl-C while the program is being loaded ends it as the signal does any other, without a traceback;
from then on each command says what it does.
"""

import signal


def run() -> None:
    """Load the command line and do what it says."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pithead.cli.main import main

    signal.signal(signal.SIGINT, signal.default_int_handler)
    main(prog_name="pithead")


if __name__ == "__main__":
    run()
