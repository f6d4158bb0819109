"""Key pairs as EC2 makes them: RSA or ED25519, in the formats and with the fingerprints that EC2 shows."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

_RSA_BITS = 2048
_PUBLIC_EXPONENT = 65537
TYPES = ("rsa", "ed25519")


@dataclass(frozen=True, kw_only=True)
class KeyMaterial:
    """A key pair.

    Args:
        key_type: `rsa` or `ed25519`.
        public: The public key as a line of `authorized_keys`, without a comment.
        fingerprint: As DescribeKeyPairs shows it.
        private: The private key as a file; empty for a key pair whose public key was imported.
    """

    key_type: str
    public: str
    fingerprint: str
    private: str = ""


def generate(key_type: str) -> KeyMaterial:
    """A new key pair.

    Raises:
        ValueError: EC2 has no such type.

    Example:
        >>> generate("ed25519").public.split()[0]
        'ssh-ed25519'
    """
    if key_type == "rsa":
        return _rsa()
    if key_type == "ed25519":
        return _ed25519()
    raise ValueError(f"KeyType '{key_type}' is not one of {', '.join(TYPES)}")


def imported(public: str) -> KeyMaterial:
    """The key pair of a public key that somebody brings; a Base64 text of it is taken too, as EC2 does.

    Raises:
        ValueError: It is no RSA or ED25519 public key in the OpenSSH format.
    """
    text = public.strip()
    if not text.startswith("ssh-"):
        try:
            text = base64.b64decode(text, validate=True).decode()
        except (ValueError, UnicodeDecodeError) as error:
            raise ValueError("Key is not in valid OpenSSH public key format") from error
    try:
        key = serialization.load_ssh_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("Key is not in valid OpenSSH public key format") from error
    line = _line(key)
    if isinstance(key, rsa.RSAPublicKey):
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        digest = hashlib.md5(der, usedforsecurity=False).hexdigest()
        return KeyMaterial(key_type="rsa", public=line, fingerprint=_colons(digest))
    if isinstance(key, ed25519.Ed25519PublicKey):
        return KeyMaterial(key_type="ed25519", public=line, fingerprint=_sha256(line))
    raise ValueError("Key is not of type RSA or ED25519")


def _rsa() -> KeyMaterial:
    key = rsa.generate_private_key(public_exponent=_PUBLIC_EXPONENT, key_size=_RSA_BITS)
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return KeyMaterial(
        key_type="rsa",
        public=_line(key.public_key()),
        fingerprint=_colons(hashlib.sha1(der, usedforsecurity=False).hexdigest()),
        private=private.decode(),
    )


def _ed25519() -> KeyMaterial:
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    line = _line(key.public_key())
    return KeyMaterial(key_type="ed25519", public=line, fingerprint=_sha256(line), private=private.decode())


def _line(key: serialization.SSHPublicKeyTypes) -> str:
    return key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


def _sha256(line: str) -> str:
    return base64.b64encode(hashlib.sha256(base64.b64decode(line.split()[1])).digest()).decode()


def _colons(digest: str) -> str:
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
