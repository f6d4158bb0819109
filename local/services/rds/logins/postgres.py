"""The beginning of a PostgreSQL connection: TLS, whether it is forced, IAM tokens; then the engine takes over."""

from __future__ import annotations

import asyncio
import datetime as dt
import struct
from typing import TYPE_CHECKING

from local.services.rds import access_file, iam_login, parameters, postgres_roles
from local.services.rds.logins.refused import Refused

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from local.services.rds.instances import Running

_SSL_REQUEST, _GSS_REQUEST, _CANCEL, _PROTOCOL_3 = 80877103, 80877104, 80877102, 3
_LONGEST_STARTUP = 10_000
_LONGEST_PASSWORD = 70_000
_LENGTH_BYTES = 4
_NO_TLS = "28000"
_ATTEMPTS = 100
_BUFFER = 1 << 20

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def log_in(
    running: Running,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    tls: Callable[[], ssl.SSLContext],
) -> _Streams | None:
    """Bring a client to the engine; None when it was refused, told so in the protocol's words."""
    packet, secured = await _startup(reader, writer, tls)
    if struct.unpack("!I", packet[4:8])[0] == _CANCEL:
        await _cancel(running, packet)
        return None
    given = _startup_parameters(packet)
    user = given.get("user", "")
    try:
        by_iam = await _admit(running, given, secured=secured)
        if by_iam:
            await _check_token(running, reader, writer, user)
        return await _to_engine(running, packet, writer, user, trusted=by_iam)
    except Refused as refusal:
        _note(running, writer, given, refusal)
        writer.write(_error(refusal))
        await writer.drain()
        return None


async def _startup(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tls: Callable[[], ssl.SSLContext]
) -> tuple[bytes, bool]:
    """The packet that names user and database, after the wishes for encryption before it."""
    secured = False
    while True:
        head = await reader.readexactly(8)
        length, code = struct.unpack("!II", head)
        if not len(head) <= length <= _LONGEST_STARTUP:
            raise ConnectionAbortedError("this is no PostgreSQL client")
        packet = head + await reader.readexactly(length - len(head))
        if code == _SSL_REQUEST and not secured:
            writer.write(b"S")
            await writer.drain()
            await writer.start_tls(tls())
            secured = True
        elif code in (_SSL_REQUEST, _GSS_REQUEST):
            writer.write(b"N")
        elif code == _CANCEL or code >> 16 == _PROTOCOL_3:
            return packet, secured
        else:
            raise ConnectionAbortedError(f"unsupported frontend protocol {code}")


def _startup_parameters(packet: bytes) -> dict[str, str]:
    parts = packet[8:].rstrip(b"\0").split(b"\0")
    names = [part.decode("utf-8", "replace") for part in parts]
    return dict(zip(names[::2], names[1::2], strict=False))


async def _admit(running: Running, given: dict[str, str], *, secured: bool) -> bool:
    """Whether the user logs in by IAM.

    Raises:
        Refused: Plain text where TLS is forced, or a user that is RDS's own.
    """
    user, database = given.get("user", ""), given.get("database") or given.get("user", "")
    who = f'host "127.0.0.1", user "{user}", database "{database}"'
    encryption = "SSL encryption" if secured else "no encryption"
    if user == postgres_roles.ADMIN:
        raise Refused(_NO_TLS, f"pg_hba.conf rejects connection for {who}, {encryption}")
    if not secured and await asyncio.to_thread(parameters.forces_tls, running.record):
        raise Refused(_NO_TLS, f"no pg_hba.conf entry for {who}, no encryption")
    try:
        by_iam = await asyncio.to_thread(postgres_roles.logs_in_by_iam, running.postgres, user)
    except Exception as error:
        raise Refused("57P03", f"the database system is not accepting connections: {error}") from error
    if by_iam and not secured:  # as on RDS: tokens travel encrypted or not at all
        raise Refused(_NO_TLS, f"no pg_hba.conf entry for {who}, no encryption")
    return by_iam


async def _check_token(
    running: Running, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, user: str
) -> None:
    writer.write(struct.pack("!cII", b"R", 8, 3))  # AuthenticationCleartextPassword
    await writer.drain()
    kind, length = struct.unpack("!cI", await reader.readexactly(5))
    if kind != b"p" or not _LENGTH_BYTES < length <= _LONGEST_PASSWORD:
        raise Refused(_NO_TLS, f'PAM authentication failed for user "{user}"')
    token = (await reader.readexactly(length - _LENGTH_BYTES)).rstrip(b"\0").decode("utf-8", "replace")
    problem = await asyncio.to_thread(iam_login.problem, running, user, token)
    if problem:
        raise Refused(_NO_TLS, f'PAM authentication failed for user "{user}"', hint=problem)


async def _to_engine(
    running: Running, packet: bytes, writer: asyncio.StreamWriter, user: str, *, trusted: bool
) -> _Streams:
    """Connect as the client. The engine must ask for a password, or not, as the front decided it."""
    if trusted != (user in running.iam_users):
        await asyncio.to_thread(_rewrite_access, running, user, trusted=trusted)
    for _ in range(_ATTEMPTS):
        engine = await asyncio.open_unix_connection(running.server.socket, limit=_BUFFER)
        engine[1].write(packet)
        first = await _first_answer(engine[0], writer)
        if not first.startswith(b"R"):  # an error: the engine's own words are for the client
            writer.write(first)
            return engine
        if (struct.unpack("!I", first[5:9])[0] == 0) == trusted:
            writer.write(first)
            return engine
        engine[1].transport.abort()  # it has not read the changed access file yet
        await asyncio.sleep(0.02)
    raise Refused("57P03", "the database system did not take over who logs in by IAM")


async def _first_answer(engine: asyncio.StreamReader, client: asyncio.StreamWriter) -> bytes:
    while True:
        head = await engine.readexactly(5)
        message = head + await engine.readexactly(struct.unpack("!I", head[1:])[0] - 4)
        if not head.startswith(b"v"):  # NegotiateProtocolVersion comes before the rest
            return message
        client.write(message)


def _rewrite_access(running: Running, user: str, *, trusted: bool) -> None:
    if trusted:
        running.iam_users.add(user)
    else:
        running.iam_users.discard(user)
    running.postgres.access = access_file.content(running.iam_users)
    running.postgres.reload()


async def _cancel(running: Running, packet: bytes) -> None:
    _, writer = await asyncio.open_unix_connection(running.server.socket)
    writer.write(packet)
    await writer.drain()
    writer.close()


def _error(refusal: Refused) -> bytes:
    fields = [("S", "FATAL"), ("V", "FATAL"), ("C", refusal.code), ("M", str(refusal))]
    if refusal.hint:
        fields.append(("H", refusal.hint))
    body = b"".join(kind.encode() + text.encode() + b"\0" for kind, text in fields) + b"\0"
    return b"E" + struct.pack("!I", len(body) + 4) + body


def _note(running: Running, writer: asyncio.StreamWriter, given: dict[str, str], refusal: Refused) -> None:
    """Write the refusal into the engine's log, which is where RDS has it."""
    peer = writer.get_extra_info("peername")
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    user, database = given.get("user", ""), given.get("database") or given.get("user", "")
    line = f"{now}:{peer[0]}({peer[1]}):{user}@{database}:[0]:FATAL:  {refusal}\n"
    with running.server.log.open("a") as log:
        log.write(line)
