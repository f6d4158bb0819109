"""Digest files: a signed chain of the hashes of log files, by which `aws cloudtrail validate-logs` finds tampering.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local.services.cloudtrail import store
from local.services.cloudtrail.leave import log_prefix
from local.services.cloudtrail.records import moment

PERIOD_SECONDS = 20.0
"""AWS writes a digest an hour; a laptop user does not wait so long."""
ALGORITHM = "SHA256withRSA"
Trail = dict[str, Any]


@dataclass
class Chain:
    """The digests of a trail in a region: what the next one must refer to and hold."""

    previous_key: str | None = None
    previous_hash: str | None = None
    previous_signature: str | None = None
    began: float = field(default_factory=time.time)
    files: list[dict[str, Any]] = field(default_factory=list)


_chains: dict[tuple[str, str, str], Chain] = {}
_private: list[bytes] = []


def add_file(trail: Trail, account: str, region: str, *, key: str, text: bytes, times: list[str]) -> None:
    """Remember a delivered log file for the next digest."""
    if not trail.get("LogFileValidationEnabled"):
        return
    chain = _chains.setdefault((trail["TrailARN"], account, region), Chain())
    chain.files.append(
        {
            "s3Bucket": trail["S3BucketName"],
            "s3Object": key,
            "hashValue": hashlib.sha256(text).hexdigest(),
            "hashAlgorithm": "SHA-256",
            "newestEventTime": max(times),
            "oldestEventTime": min(times),
        }
    )


def due(now: float) -> list[tuple[str, str, str]]:
    """Trail, account and region of each digest whose time has come."""
    return [place for place, chain in _chains.items() if chain.files and now - chain.began >= PERIOD_SECONDS]


def write(trail: Trail, account: str, region: str, now: float) -> None:
    """Write the next digest of a trail in a region.

    Raises:
        local.services.cloudtrail.store.NotStored: S3 refuses it; the next attempt holds the same files.
    """
    chain = _chains[trail["TrailARN"], account, region]
    key = _key(trail, account, region, now)
    document = _document(trail, account, chain, key, now)
    text = json.dumps(document, separators=(",", ":")).encode()
    digest = hashlib.sha256(text).hexdigest()
    signed = "\n".join(
        (
            document["digestEndTime"],
            f"{trail['S3BucketName']}/{key}",
            digest,
            chain.previous_signature or "null",
        )
    )
    signature = _key_pair().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()
    store.put(trail, key, text, {"signature": signature, "signature-algorithm": ALGORITHM})
    _chains[trail["TrailARN"], account, region] = Chain(
        previous_key=key, previous_hash=digest, previous_signature=signature, began=now
    )


def public_key() -> dict[str, Any]:
    """The key that verifies the signatures, as ListPublicKeys returns it."""
    der = _public_der()
    return {
        "Value": base64.b64encode(der).decode(),
        "ValidityStartTime": 0,
        "ValidityEndTime": 4_102_444_800,  # the year 2100
        "Fingerprint": _fingerprint(der),
    }


def save() -> dict[str, Any]:
    """What a restart must know."""
    return {"chains": dict(_chains), "private": list(_private)}


def load(saved: dict[str, Any]) -> None:
    """Continue the chains of before a restart."""
    _chains.update(saved["chains"])
    _private[:] = saved["private"]


def _document(trail: Trail, account: str, chain: Chain, key: str, now: float) -> dict[str, Any]:
    files = chain.files
    return {
        "awsAccountId": account,
        "digestStartTime": moment(chain.began),
        "digestEndTime": moment(now),
        "digestS3Bucket": trail["S3BucketName"],
        "digestS3Object": key,
        "digestPublicKeyFingerprint": _fingerprint(_public_der()),
        "digestSignatureAlgorithm": ALGORITHM,
        "newestEventTime": max(file["newestEventTime"] for file in files),
        "oldestEventTime": min(file["oldestEventTime"] for file in files),
        "previousDigestS3Bucket": trail["S3BucketName"] if chain.previous_key else None,
        "previousDigestS3Object": chain.previous_key,
        "previousDigestHashValue": chain.previous_hash,
        "previousDigestHashAlgorithm": "SHA-256" if chain.previous_hash else None,
        "previousDigestSignature": chain.previous_signature,
        "logFiles": files,
    }


def _key(trail: Trail, account: str, region: str, now: float) -> str:
    day, second = (
        time.strftime("%Y/%m/%d", time.gmtime(now)),
        time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now)),
    )
    home = trail["TrailARN"].split(":")[3]
    return (
        f"{log_prefix(trail, account)}CloudTrail-Digest/{region}/{day}/"
        f"{account}_CloudTrail-Digest_{region}_{trail['Name']}_{home}_{second}.json.gz"
    )


def _key_pair() -> rsa.RSAPrivateKey:
    if not _private:
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        _private.append(
            made.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    return _loaded(_private[0])


@lru_cache(1)
def _loaded(saved: bytes) -> rsa.RSAPrivateKey:
    """Loading checks the primes, which takes longer than a signature."""
    found = serialization.load_der_private_key(saved, password=None)
    if not isinstance(found, rsa.RSAPrivateKey):
        raise TypeError("The saved signing key of CloudTrail is no RSA key")
    return found


def _public_der() -> bytes:
    return _key_pair().public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)


def _fingerprint(der: bytes) -> str:
    return hashlib.md5(der, usedforsecurity=False).hexdigest()
