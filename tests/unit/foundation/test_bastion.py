"""A bastion forwards to databases and does nothing else; it stops, and its key is one role's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Match, Template

from data_platform.foundation import Bastion, BastionStop, TunnelerRole
from data_platform.foundation.bastion_start import start_script

FORWARDS = [("shop.example", "15432"), ("books.example", "13306")]
SCRIPT = start_script(forwards=FORWARDS, idle_minutes=60, log_group="/dp-dev/bastion")
KEY = "arn:aws:kms:ap-southeast-2:111111111111:key/platform"


def key(stack):
    return kms.Key.from_key_arn(stack, "Key", KEY)


def bastion(stack, *, public_address=False, **more):
    return Bastion(
        stack,
        "Bastion",
        name="dp-dev-bastion",
        instance_class="t4g.nano",
        subnet_id="subnet-0a1b2c3d",
        security_group=ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-0a1b2c3d"),
        public_address=public_address,
        forwards=FORWARDS,
        idle_minutes=60,
        session_policies=[],
        key=key(stack),
        sessions=logs.CfnLogGroup(stack, "Sessions", log_group_name="/dp-dev/bastion"),
        **more,
    )


@pytest.mark.parametrize(("version", "name"), [(1, "dp-dev-bastion"), (2, "dp-dev-bastion-2")])
def test_another_version_of_the_key_is_a_pair_of_another_name_that_a_new_host_knows(stack, version, name):
    bastion(stack, key_version=version)
    template = Template.from_stack(stack)

    template.has_resource_properties("AWS::EC2::KeyPair", {"KeyName": name})
    (pair,) = template.find_resources("AWS::EC2::KeyPair")
    template.has_resource_properties("AWS::EC2::Instance", {"KeyName": {"Ref": pair}})


def settings(script):
    """The drop-in of sshd, by keyword."""
    (text,) = re.findall(
        r"cat > /etc/ssh/sshd_config\.d/10-bastion\.conf <<'EOF'\n(.*?)\nEOF\n", script, re.DOTALL
    )
    return dict(line.split(" ", 1) for line in text.splitlines())


def shell(script):
    """The shell script among the parts of the user data."""
    return script[script.index("#!/bin/bash") : script.rindex("--==bastion==--")]


@pytest.fixture
def template(stack):
    bastion(stack)
    return Template.from_stack(stack)


def test_it_forwards_to_the_databases_and_nowhere_else():
    assert settings(SCRIPT)["PermitOpen"] == "shop.example:15432 books.example:13306"


def test_without_databases_it_forwards_nowhere():
    script = start_script(forwards=[], idle_minutes=60, log_group="/dp-dev/bastion")

    assert settings(script)["PermitOpen"] == "none"


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("AllowUsers", "tunnel"),
        ("AllowTcpForwarding", "local"),
        ("AllowStreamLocalForwarding", "no"),
        ("AllowAgentForwarding", "no"),
        ("AuthenticationMethods", "publickey"),
        ("ForceCommand", "/usr/sbin/nologin"),
        ("GatewayPorts", "no"),
        ("KbdInteractiveAuthentication", "no"),
        ("PasswordAuthentication", "no"),
        ("PermitRootLogin", "no"),
        ("PermitTTY", "no"),
        ("PermitTunnel", "no"),
        ("PermitUserRC", "no"),
        ("X11Forwarding", "no"),
    ],
)
def test_sshd_is_told(keyword, value):
    assert settings(SCRIPT)[keyword] == value


@pytest.mark.skipif(shutil.which("sshd") is None, reason="no sshd on this machine")
def test_sshd_itself_understands_the_drop_in(tmp_path):
    key_file = str(tmp_path / "key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key_file], check=True)
    config = tmp_path / "sshd_config"
    config.write_text("\n".join(f"{word} {value}" for word, value in settings(SCRIPT).items()) + "\n")
    done = subprocess.run(
        [str(shutil.which("sshd")), "-t", "-f", str(config), "-h", key_file],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Bad configuration" not in done.stderr
    assert "Unsupported" not in done.stderr


def test_the_script_is_one_that_bash_can_read(tmp_path):
    file = tmp_path / "start.sh"
    file.write_text(shell(SCRIPT))

    assert subprocess.run(["bash", "-n", str(file)], check=False).returncode == 0


def test_the_script_runs_at_every_start():
    assert "scripts-user, always" in SCRIPT[: SCRIPT.index("#!/bin/bash")]


def test_it_stops_when_nobody_came_for_an_hour():
    assert "if [ $idle -ge 3600 ]; then systemctl poweroff; fi" in SCRIPT
    assert "systemctl enable --now stop-when-idle.timer" in SCRIPT


@pytest.mark.parametrize(("seconds_ago", "stops"), [(59 * 60, False), (61 * 60, True)])
def test_the_host_stops_by_the_age_of_its_last_session(tmp_path, seconds_ago, stops):
    (text,) = re.findall(r"cat > /usr/local/sbin/stop-when-idle <<'EOF'\n(.*?)\nEOF\n", SCRIPT, re.DOTALL)
    seen = tmp_path / "last-session"
    seen.touch()
    subprocess.run(["touch", "-d", f"{seconds_ago} seconds ago", str(seen)], check=True)
    quiet = text.replace("/run/last-session", str(seen)).replace("systemctl poweroff", "echo stopped")
    quiet = quiet.replace("pgrep -u tunnel sshd > /dev/null", "false")
    done = subprocess.run(["bash", "-c", quiet], capture_output=True, text=True, check=True)

    assert done.stdout == ("stopped\n" if stops else "")


def test_the_log_of_sessions_goes_to_its_group():
    (text,) = re.findall(r"cat > \S+/sessions\.json <<'EOF'\n(.*?)\nEOF\n", SCRIPT, re.DOTALL)
    (file,) = json.loads(text)["logs"]["logs_collected"]["files"]["collect_list"]

    assert file["log_group_name"] == "/dp-dev/bastion"


def test_its_image_is_the_newest_one_when_it_is_deployed(template):
    template.has_resource_properties(
        "AWS::EC2::Instance",
        {
            "ImageId": Match.string_like_regexp(
                r"^\{\{resolve:ssm:/aws/service/ami-amazon-linux-latest/.*arm64\}\}$"
            )
        },
    )


def test_its_metadata_need_a_token(template):
    template.has_resource_properties(
        "AWS::EC2::Instance", {"MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}}
    )


def test_its_disk_is_under_the_customer_key(template):
    template.has_resource_properties(
        "AWS::EC2::Instance",
        {"BlockDeviceMappings": [{"Ebs": {"Encrypted": True, "KmsKeyId": KEY, "DeleteOnTermination": True}}]},
    )


def test_a_shutdown_from_inside_stops_it_and_needs_no_right(template):
    template.has_resource_properties("AWS::EC2::Instance", {"InstanceInitiatedShutdownBehavior": "stop"})
    (policy,) = template.find_resources("AWS::IAM::ManagedPolicy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]

    assert {action.split(":")[0] for action in statement["Action"]} == {"logs"}


def test_its_key_pair_is_made_by_ec2_so_that_nobody_brings_a_key(template):
    template.has_resource_properties(
        "AWS::EC2::KeyPair", {"KeyName": "dp-dev-bastion", "PublicKeyMaterial": Match.absent()}
    )


def test_it_has_an_address_only_where_people_come_from_outside(stack, template):
    template.resource_count_is("AWS::EC2::EIP", 0)
    other = cdk.Stack(
        cdk.App(), "Other", env=cdk.Environment(account="111111111111", region="ap-southeast-2")
    )
    bastion(other, public_address=True)

    Template.from_stack(other).resource_count_is("AWS::EC2::EIP", 1)


def test_the_clock_may_stop_this_instance_and_no_other(stack):
    made = bastion(stack)
    queue = sqs.Queue.from_queue_arn(stack, "Q", "arn:aws:sqs:ap-southeast-2:111111111111:letters")
    BastionStop(
        stack,
        "Stop",
        name="dp-dev-bastion-stop",
        instance=made.instance,
        at="19:05",
        dead_letters=queue,
        key=kms.Key.from_key_arn(stack, "Again", KEY),
    )
    template = Template.from_stack(stack)
    (schedule,) = template.find_resources("AWS::Scheduler::Schedule").values()
    found = schedule["Properties"]

    assert (found["ScheduleExpression"], found["ScheduleExpressionTimezone"]) == (
        "cron(5 19 * * ? *)",
        "Australia/Melbourne",
    )
    assert found["Target"]["Arn"] == "arn:aws:scheduler:::aws-sdk:ec2:stopInstances"
    assert stack.resolve(made.instance.ref) in found["Target"]["Input"]["Fn::Join"][1]
    assert '"ec2:StopInstances"' in json.dumps(template.find_resources("AWS::IAM::ManagedPolicy"))
    assert ":instance/*" not in json.dumps(template.to_json())


@pytest.fixture(params=[True, False], ids=["over Session Manager", "over its address"])
def tunneler(request, stack):
    made = bastion(stack, public_address=not request.param)
    TunnelerRole(
        stack,
        "Tunneler",
        name="dp-dev-tunneler",
        principals=["arn:aws:iam::111111111111:root"],
        instance=made.instance,
        key_pair=made.key_pair,
        key=kms.Key.from_key_arn(stack, "Again", KEY),
        database_arns=["arn:aws:rds:ap-southeast-2:111111111111:db:dp-dev-retail-shop"],
        over_session_manager=request.param,
        descriptions=iam.ManagedPolicy.from_managed_policy_name(stack, "Describe", "dp-dev-tunnel"),
    )
    policies = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy")
    (found,) = (each for name, each in policies.items() if name.startswith("Tunneler"))
    statements = found["Properties"]["PolicyDocument"]["Statement"]
    return request.param, {statement["Action"]: statement for statement in statements}


def test_whoever_tunnels_reads_this_private_key_and_no_other_parameter(tunneler):
    _, statements = tunneler
    text = json.dumps(statements["ssm:GetParameter"]["Resource"])

    assert "parameter/ec2/keypair/" in text
    assert "KeyPairId" in text
    assert "*" not in text


def test_whoever_tunnels_opens_sessions_only_where_ssh_goes_over_them(tunneler):
    over_session_manager, statements = tunneler

    assert ("ssm:StartSession" in statements) is over_session_manager
    if over_session_manager:
        assert "document/AWS-StartSSHSession" in json.dumps(statements["ssm:StartSession"]["Resource"])


def test_whoever_tunnels_has_no_right_in_a_database(tunneler):
    _, statements = tunneler

    assert {action.split(":")[0] for action in statements} == {"ssm", "ec2", "rds", "kms"}
    assert [action for action in statements if action.startswith("rds")] == ["rds:DescribeDBInstances"]


def test_whoever_wakes_the_host_lets_only_ec2_use_the_key(tunneler):
    _, statements = tunneler

    assert statements["kms:CreateGrant"]["Condition"] == {
        "Bool": {"kms:GrantIsForAWSResource": "true"},
        "StringEquals": {"kms:ViaService": "ec2.ap-southeast-2.amazonaws.com"},
    }
