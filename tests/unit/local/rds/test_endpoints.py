"""The bastion connects in this process: as a member of its security groups, by the rules of that moment."""

from __future__ import annotations

import asyncio
import struct
import uuid

import pytest

from local import ports
from local.engines import postgres
from local.services.rds import access_file, endpoints, front, instances, postgres_roles

_SSL_REQUEST = struct.pack("!II", 8, 80877103)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A real engine behind a front, and two groups of which one is admitted; in this process."""
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import ec2

    account, region = get_account_id(), get_region()
    folder = tmp_path_factory.mktemp("rds")
    patch = pytest.MonkeyPatch()
    patch.setenv("LOCAL_AWS_STATE_DIR", str(folder))
    front.tls_context.cache_clear()
    names = {name: f"sg-{uuid.uuid4().hex[:17]}" for name in ("bastion", "stranger", "database")}
    everywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    for name, group in names.items():
        ec2._security_groups[group] = {
            "GroupId": group,
            "GroupName": name,
            "IpPermissions": [],
            "IpPermissionsEgress": [] if name == "database" else [everywhere],
        }
    ec2._security_groups[names["database"]]["IpPermissions"].append(
        {
            "IpProtocol": "tcp",
            "FromPort": 15432,
            "ToPort": 15432,
            "UserIdGroupPairs": [{"GroupId": names["bastion"]}],
        }
    )
    server = postgres.Server(
        folder / "pg",
        superuser=postgres_roles.ADMIN,
        access=access_file.content(),
        parameters={"fsync": "off"},
    )
    server.start()
    postgres_roles.make(server, master="master", password="m", database="shop")
    record = {
        "DBInstanceIdentifier": "shop",
        "DBInstanceArn": f"arn:aws:rds:{region}:{account}:db:shop",
        "DbiResourceId": "db-X",
        "Engine": "postgres",
        "Endpoint": {"Address": "localhost", "Port": ports.choose(None, pair=False)},
        "VpcSecurityGroups": [{"VpcSecurityGroupId": names["database"]}],
        "_ConfiguredPort": 15432,
    }
    door = front.Front()
    made = instances.Running(account=account, region=region, record=record, server=server, front=door)
    door.open(made, record["Endpoint"]["Port"])
    key = (account, region, "shop")
    instances._running[key] = made
    yield made, names
    instances._running.pop(key)
    door.close()
    server.stop()
    for group in names.values():
        ec2._security_groups.pop(group, None)
    patch.undo()
    front.tls_context.cache_clear()


def _knocks(port, *groups, host="localhost"):
    """What the database answers to a wish for TLS."""

    async def knock():
        reader, writer = await endpoints.open_connection(host, port, source_groups=list(groups))
        writer.write(_SSL_REQUEST)
        await writer.drain()
        answer = await reader.read(1)
        writer.close()
        return answer

    return asyncio.run(knock())


def test_the_admitted_group_reaches_the_database(running):
    shop, groups = running
    assert _knocks(shop.front.port, groups["bastion"]) == b"S"
    assert _knocks(shop.front.port, groups["bastion"], host="127.0.0.1") == b"S"


def test_another_group_does_not_and_is_told_why(running):
    shop, groups = running
    with pytest.raises(endpoints.NotReachable, match="do not reach the DB instance shop at port 15432"):
        _knocks(shop.front.port, groups["stranger"])
    with pytest.raises(endpoints.NotReachable, match=r"\(none\)"):
        _knocks(shop.front.port)


def test_no_other_endpoint_is_reached(running):
    shop, groups = running
    with pytest.raises(endpoints.NotReachable, match="No DB instance has the endpoint"):
        _knocks(shop.front.port + 1, groups["bastion"])
    with pytest.raises(endpoints.NotReachable, match="No DB instance has the endpoint"):
        _knocks(shop.front.port, groups["bastion"], host="example.com")


def test_a_group_without_a_way_out_does_not_reach_it(running):
    from ministack.services import ec2

    shop, groups = running
    held = ec2._security_groups[groups["bastion"]]
    out, held["IpPermissionsEgress"] = held["IpPermissionsEgress"], []
    try:
        with pytest.raises(endpoints.NotReachable):
            _knocks(shop.front.port, groups["bastion"])
    finally:
        held["IpPermissionsEgress"] = out


def test_who_just_connects_to_the_port_is_outside(running):
    shop, _ = running

    async def connect():
        reader, writer = await asyncio.open_connection("127.0.0.1", shop.front.port)
        writer.write(_SSL_REQUEST)
        try:
            return await reader.read(1)
        except ConnectionResetError:
            return b""

    assert asyncio.run(connect()) == b""
