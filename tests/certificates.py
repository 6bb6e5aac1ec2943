"""A certificate authority of our own, for servers that tests speak TLS with."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

A_DAY = timedelta(days=1)


class Authority:
    """Keeps its files in `folder`; whoever trusts `file` trusts what it signed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("An authority of the tests")
        self.file = folder / "authority.pem"
        is_authority = x509.BasicConstraints(ca=True, path_length=None)
        signed = self._certificate(self._name, self._key).add_extension(is_authority, critical=True)
        self.file.write_bytes(self._pem(signed))

    def server(self, address: str, *, lasts: timedelta = A_DAY) -> ssl.SSLContext:
        """For a server at this IP address, with a certificate that ends after `lasts`, or ended before."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        signed = self._certificate(_name(address), key, lasts=lasts).add_extension(names, critical=False)
        path = self._folder / "server.pem"
        path.write_bytes(_private(key) + self._pem(signed))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(path)
        return context

    def _certificate(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *, lasts: timedelta = A_DAY
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 10 * A_DAY)
            .not_valid_after(now + lasts)
        )

    def _pem(self, builder: x509.CertificateBuilder) -> bytes:
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
