"""Our own certificate authority for the loopback endpoint, and the bundle that clients trust it by."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

_DAYS = 800
_RENEW_DAYS = 30
_NAMES = ("localhost", "*.localhost", "host.docker.internal")


def ensure(tls_dir: Path) -> None:
    """Make authority, certificate and bundle under `tls_dir`, unless valid ones are there.

    Writes `ca.pem`, `server.pem`, `server.key` and `ca-bundle.pem` (the system's roots and ours: the
    variables that name a bundle replace the system's store, so it must be complete).
    """
    if _still_valid(tls_dir / "server.pem") and (tls_dir / "ca-bundle.pem").exists():
        return
    tls_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority_key, authority = _authority()
    key, certificate = _server(authority_key, authority)
    (tls_dir / "ca.pem").write_bytes(_pem(authority))
    (tls_dir / "server.pem").write_bytes(_pem(certificate) + _pem(authority))
    key_file = tls_dir / "server.key"
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    (tls_dir / "ca-bundle.pem").write_bytes(_system_roots() + b"\n" + _pem(authority))


def _still_valid(path: Path) -> bool:
    if not path.exists():
        return False
    ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    return ends - _now() > dt.timedelta(days=_RENEW_DAYS)


def _authority() -> tuple[Any, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("embedded AWS authority (this folder only)")
    builder = _builder(name, name, key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return key, builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())


def _server(authority_key: Any, authority: x509.Certificate) -> tuple[Any, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in _NAMES]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
    builder = (
        _builder(_name("localhost"), authority.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
    )
    return key, builder.sign(authority_key, hashes.SHA256())


def _builder(subject: x509.Name, issuer: x509.Name, public_key: Any) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - dt.timedelta(hours=1))
        .not_valid_after(_now() + dt.timedelta(days=_DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _system_roots() -> bytes:
    """The machine's trusted roots, as Python or certifi knows them; empty when neither does."""
    import certifi

    paths = ssl.get_default_verify_paths()
    for path in (paths.cafile, paths.openssl_cafile, certifi.where()):
        try:
            if path:
                with open(path, "rb") as roots:  # noqa: PTH123 - the paths are strings of the ssl module
                    return roots.read()
        except OSError:
            continue
    return b""
