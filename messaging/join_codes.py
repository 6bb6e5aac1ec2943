"""The address of the join page as a QR code: to print, to put up at the counter."""

from __future__ import annotations

from io import BytesIO

import segno

CONTENT_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
# Of a module (the smallest square), in the unit of the format: a PNG of about 10 cm in print.
_SCALE = {"svg": 8, "png": 30}


def qr_code(address: str, *, kind: str) -> bytes:
    """As a file of this kind (CONTENT_TYPES), black on white with the margin that readers need."""
    file = BytesIO()
    # Error correction M: readable with 15 % of it scratched or covered.
    segno.make_qr(address, error="m").save(file, kind=kind, scale=_SCALE[kind], border=4, light="#fff")
    return file.getvalue()
