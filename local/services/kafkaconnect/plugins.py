"""Custom plug-ins: a ZIP or a jar in S3, fetched once; later changes of the object do not reach them."""

from __future__ import annotations

import contextvars
import hashlib
import io
import shutil
import threading
import zipfile
from pathlib import PurePosixPath
from typing import Any

from local import identity, persistence
from local.services.kafkaconnect import state
from local.services.refusal import Refusal

Request = dict[str, Any]


def create(request: Request) -> Request:
    """CreateCustomPlugin; the object is read as who asks."""
    name, kind = request["name"], request["contentType"]
    state.require_new(state.plugins, "name", name)
    if kind not in ("JAR", "ZIP"):
        raise Refusal("BadRequestException", f"contentType is {kind!r}; it must be JAR or ZIP.")
    location = request["location"]["s3Location"]
    made: Request = {
        "customPluginArn": state.arn("custom-plugin", name),
        "customPluginState": "CREATING",
        "creationTime": state.now(),
        "description": request.get("description") or "",
        "latestRevision": {
            "contentType": kind,
            "creationTime": state.now(),
            "description": request.get("description") or "",
            "location": {"s3Location": location},
            "revision": 1,
        },
        "name": name,
        "tags": dict(request.get("tags") or {}),
    }
    state.plugins[made["customPluginArn"]] = made
    session = identity.session_for_access_key(identity.caller_access_key())
    context = contextvars.copy_context()
    work = (context.run, _fetch, made, session)
    threading.Thread(target=work[0], args=work[1:], daemon=True, name="connect-plugin").start()
    kept = {field: made[field] for field in ("customPluginArn", "customPluginState", "name")}
    return {**kept, "revision": 1}


def _fetch(made: Request, session: Any) -> None:
    revision = made["latestRevision"]
    location = revision["location"]["s3Location"]
    versioned = {"VersionId": location["objectVersion"]} if location.get("objectVersion") else {}
    bucket = str(location["bucketArn"]).rsplit(":", 1)[-1]
    try:
        client = identity.client(session, "s3")
        content = client.get_object(Bucket=bucket, Key=location["fileKey"], **versioned)["Body"].read()
        _unpack(made, content)
    except Exception as error:
        made["customPluginState"] = "CREATE_FAILED"
        made["stateDescription"] = {"code": "InvalidInput.InvalidPlugin", "message": str(error)}
    else:
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        revision["fileDescription"] = {"fileMd5": digest, "fileSize": len(content)}
        made["customPluginState"] = "ACTIVE"
    persistence.touch()


def _unpack(made: Request, content: bytes) -> None:
    """Jars only, each into one folder: where a ZIP holds them says nothing.

    Raises:
        ValueError: It holds none.
    """
    folder = state.folder("plugins", made["customPluginArn"])
    beside = folder.with_name(f".{folder.name}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    if made["latestRevision"]["contentType"] == "JAR":
        (beside / f"{made['name']}.jar").write_bytes(content)
    else:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for entry in archive.infolist():
                    if entry.filename.endswith(".jar"):
                        (beside / PurePosixPath(entry.filename).name).write_bytes(archive.read(entry))
        except zipfile.BadZipFile as error:
            raise ValueError(f"The object is no ZIP: {error}") from error
    if not any(beside.iterdir()):
        raise ValueError("The ZIP holds no jar.")
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def describe(request: Request) -> Request:
    """DescribeCustomPlugin."""
    return state.found(state.plugins, request["customPluginArn"])


def listed(request: Request) -> Request:
    """ListCustomPlugins."""
    return state.listed(state.plugins, request, "customPlugins", field="name", prefix="namePrefix")


def delete(request: Request) -> Request:
    """DeleteCustomPlugin; one that a connector uses stays."""
    found = state.found(state.plugins, request["customPluginArn"])
    users = [
        one["connectorName"]
        for one in state.connectors.values()
        if any(p["customPlugin"]["customPluginArn"] == found["customPluginArn"] for p in one["plugins"])
    ]
    if users:
        raise Refusal("BadRequestException", f"The plug-in is in use by the connectors: {', '.join(users)}.")
    del state.plugins[found["customPluginArn"]]
    shutil.rmtree(state.folder("plugins", found["customPluginArn"]), ignore_errors=True)
    return {"customPluginArn": found["customPluginArn"], "customPluginState": "DELETING"}
