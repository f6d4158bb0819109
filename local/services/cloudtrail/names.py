"""What CloudTrail calls a request: the service's address and the operation's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOURCES = {"stepfunctions": "states", "cloudwatch": "monitoring", "s3control": "s3"}
# Services of no region: CloudTrail and EventBridge know their calls in one region only.
GLOBAL_REGION = "us-east-1"
_GLOBAL = frozenset({"iam", "organizations", "cloudfront", "route53"})
_OF_BUCKET = {
    "accelerate": "BucketAcceleration",
    "acl": "BucketAcl",
    "cors": "BucketCors",
    "encryption": "BucketEncryption",
    "lifecycle": "BucketLifecycle",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "notification": "BucketNotification",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "BucketReplication",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
_OF_OBJECT = {
    "acl": "ObjectAcl",
    "attributes": "ObjectAttributes",
    "legal-hold": "ObjectLegalHold",
    "retention": "ObjectRetention",
    "tagging": "ObjectTagging",
}
_VERBS = {"GET": "Get", "HEAD": "Head", "PUT": "Put", "DELETE": "Delete"}
_BUCKET_LISTS = {"versions": "ListObjectVersions", "uploads": "ListMultipartUploads"}
_UPLOADS = {
    "PUT": "UploadPart",
    "POST": "CompleteMultipartUpload",
    "DELETE": "AbortMultipartUpload",
    "GET": "ListParts",
}
_READS = (
    "BatchGet",
    "Describe",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Query",
    "Search",
    "Select",
    "Test",
    "Validate",
)


def source(service: str) -> str:
    """The address of a service, as events name it.

    Example:
        >>> source("states"), source("cloudwatch")
        ('states.amazonaws.com', 'monitoring.amazonaws.com')
    """
    return f"{_SOURCES.get(service, service)}.amazonaws.com"


def region_of(service: str, region: str) -> str:
    """The region in which a call is recorded.

    Example:
        >>> region_of("iam", "ap-southeast-2"), region_of("s3", "ap-southeast-2")
        ('us-east-1', 'ap-southeast-2')
    """
    return GLOBAL_REGION if service in _GLOBAL else region


def is_read(name: str) -> bool:
    """Whether an operation only reads.

    Example:
        >>> is_read("GetObject"), is_read("PutObject"), is_read("AssumeRole")
        (True, False, True)
    """
    return name.startswith(_READS) or name in {"AssumeRole", "AssumeRoleWithWebIdentity", "Decrypt", "Scan"}


def s3_name(method: str, key: str, query: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """The operation of an S3 request, as CloudTrail spells it.

    Example:
        >>> s3_name("PUT", "", {"policy": ""}, {}), s3_name("DELETE", "a", {"versionId": "1"}, {})
        ('PutBucketPolicy', 'DeleteObject')
        >>> s3_name("PUT", "a", {"retention": ""}, {}), s3_name("PUT", "a", {}, {"x-amz-copy-source": "/b/c"})
        ('PutObjectRetention', 'CopyObject')
    """
    if key:
        return _object_name(method, query, headers)
    part = next((name for name in _OF_BUCKET if name in query), None)
    if part is not None:
        return f"{_VERBS.get(method, 'Put')}{_OF_BUCKET[part]}"
    listing = next((name for word, name in _BUCKET_LISTS.items() if word in query), "ListObjects")
    named = {"PUT": "CreateBucket", "DELETE": "DeleteBucket", "HEAD": "HeadBucket", "GET": listing}
    return "DeleteObjects" if method == "POST" and "delete" in query else named.get(method, "PostObject")


def _object_name(method: str, query: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    part = next((name for name in _OF_OBJECT if name in query), None)
    if part is not None:
        return f"{_VERBS.get(method, 'Put')}{_OF_OBJECT[part]}"
    if "uploadId" in query:
        return _UPLOADS.get(method, "UploadPart")
    if method == "POST":
        return "CreateMultipartUpload" if "uploads" in query else "RestoreObject"
    if method == "PUT" and "x-amz-copy-source" in headers:
        return "CopyObject"
    return f"{_VERBS.get(method, 'Get')}Object"
