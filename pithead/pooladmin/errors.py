"""What an operation of the admin API may say instead of an answer."""


class Missing(Exception):
    """What was named is not there; the message says what."""


class Wrong(Exception):
    """What was sent cannot be done; the message says why."""
