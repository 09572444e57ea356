"""What an authenticator is shown: a secret, as a URI and as a picture of that. Pure."""

import pyotp
import segno

from pithead.pool.second_factors import DIGITS, STEP_SECONDS
from pithead.selfservice.contract import Enrolment

ISSUER = "Pithead"


def enrolment(user: str, secret: str) -> Enrolment:
    """`secret` is base32. The picture has light ground and border of its own, in any colours."""
    uri = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).provisioning_uri(
        name=user, issuer_name=ISSUER
    )
    code = segno.make_qr(uri, error="m")
    return Enrolment(secret=secret, uri=uri, picture=code.svg_data_uri(light="#fff", border=4))
