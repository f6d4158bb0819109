"""How the job reaches a database: inside TLS that proves the server, with a token or a password for each connection."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import psycopg2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jobs.extraction.credentials import password_of
from jobs.extraction.settings import SourceSettings
from local import ports
from local.engines import postgres, privileges
from tests.unit.jobs.extraction.shop import Shop, column


def _authority(name, issuer=None):
    """A certificate and its key; signed by `issuer`, or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(tz=dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer:
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        builder = builder.add_extension(names, critical=False)
    else:
        usage = x509.KeyUsage(*(flag in (5, 6) for flag in range(9)))
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory):
    """A PostgreSQL that speaks TLS at a port; the bundle that vouches for it, and one that does not."""
    folder = tmp_path_factory.mktemp("encrypted")
    authority, stranger = _authority("RDS authority"), _authority("another")
    certificate, key = _authority("localhost", authority)
    parts = {
        "server.crt": _pem(certificate),
        "server.key": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        "bundle.pem": _pem(authority[0]),
        "stranger.pem": _pem(stranger[0]),
    }
    server = postgres.Server(folder / "server", port=ports.choose(None, pair=False))
    server.start()
    for name, content in parts.items():
        file = (server.data if name.startswith("server") else folder) / name
        file.write_bytes(content)
        file.chmod(0o600)
    privileges.give(server.data)
    server.stop()
    server.parameters |= {"ssl": "on", "ssl_cert_file": "server.crt", "ssl_key_file": "server.key"}
    server.access = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\nhostnossl all all 0.0.0.0/0 reject\n"
    server.start()
    connection = psycopg2.connect(host=str(server.socket.parent), port=server.port, user="postgres")
    connection.autocommit = True
    connection.cursor().execute(
        "CREATE ROLE extractor LOGIN PASSWORD 'open sesame'; CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO extractor; "
        "CREATE TABLE s.t AS SELECT generate_series(1, 100000)::bigint AS id; GRANT SELECT ON s.t TO extractor"
    )
    connection.close()
    yield server, folder
    server.stop()


@pytest.fixture
def shop(encrypted, lake):
    server, folder = encrypted
    made = Shop(lake, "postgres", "localhost", server.port, "s")
    made.environment["RDS_CA_BUNDLE"] = str(folder / "bundle.pem")
    made.plan("t", [column("id", "bigint")])
    return made


def test_rows_come_through_tls_and_a_scram_password(shop):
    assert shop.run() == 0
    assert shop.table("t").num_rows == 100_000


def test_a_server_that_the_bundle_does_not_vouch_for_gets_no_password(shop, encrypted, capsys):
    shop.environment["RDS_CA_BUNDLE"] = str(encrypted[1] / "stranger.pem")

    assert shop.run() == 3
    assert "certificate verify failed" in capsys.readouterr().err


def test_a_server_of_another_name_gets_no_password(shop, capsys):
    shop.host = "127.0.0.1"

    assert shop.run() == 3
    assert "IP address mismatch" in capsys.readouterr().err


def test_a_server_without_tls_gets_no_password(shop, encrypted, capsys):
    server, _ = encrypted
    server.parameters["ssl"] = "off"
    server.restart()
    try:
        assert shop.run() == 3
        assert "offers no TLS" in capsys.readouterr().err
    finally:
        server.parameters["ssl"] = "on"
        server.restart()


def test_without_a_bundle_nothing_is_called(shop, capsys):
    del shop.environment["RDS_CA_BUNDLE"]

    assert shop.run() == 2
    assert "RDS_CA_BUNDLE is missing" in capsys.readouterr().err


def test_a_wrong_password_ends_the_call_with_3(shop, lake, capsys):
    lake.clients["secretsmanager"].create_secret(Name="wrong", SecretString='{"password": "guess"}')
    shop.environment["SOURCE_SECRET_ARN"] = "wrong"

    assert shop.run() == 3
    assert "password authentication failed" in capsys.readouterr().err


def test_a_secret_without_a_password_is_refused(shop, lake, capsys):
    lake.clients["secretsmanager"].create_secret(Name="empty", SecretString="hush")
    shop.environment["SOURCE_SECRET_ARN"] = "empty"

    assert shop.run() == 1
    said = capsys.readouterr().err
    assert "holds no JSON with a `password`" in said
    assert "hush" not in said


def test_each_connection_gets_a_token_of_its_own_for_the_user_and_server(shop, monkeypatch):
    for name, value in (shop.variables() | {"SOURCE_AUTH": "iam"}).items():
        monkeypatch.setenv(name, value)
    token = password_of(SourceSettings.read(shop.variables() | {"SOURCE_AUTH": "iam"}))()

    parts = urlsplit(f"https://{token}")
    asked = parse_qs(parts.query)
    assert parts.netloc == f"localhost:{shop.port}"
    assert (asked["Action"], asked["DBUser"]) == (["connect"], ["extractor"])
    assert "/rds-db/" in asked["X-Amz-Credential"][0]
