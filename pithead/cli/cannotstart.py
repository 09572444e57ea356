"""What keeps a part from starting that an operator can put right."""


class CannotStart(Exception):
    """Something the operator has to put right first; the message says what."""
