"""What keeps a part from starting that an operator can put right, or from going on."""


class CannotStart(Exception):
    """Something the operator has to put right first; the message says what."""


class LeadsNoMore(Exception):
    """This process is to end in order, and to be started again: another keeps the books."""
