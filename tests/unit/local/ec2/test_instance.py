"""An instance shows what its template asks for, changes as EC2 changes it, and follows the calls that stop it."""

from __future__ import annotations

import ipaddress
import time

import pytest
from botocore.exceptions import ClientError

from tests.waiting import until


@pytest.fixture(scope="module")
def host(aws, deploy_bastion, templates):
    return deploy_bastion(
        aws,
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        Monitoring=True,
        EbsOptimized=True,
        BlockDeviceMappings=[
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {"Encrypted": True, "VolumeSize": 9, "VolumeType": "gp3", "KmsKeyId": "alias/aws/ebs"},
            }
        ],
    )


def test_the_image_comes_from_the_public_parameter_and_is_arm(aws, host):
    image = host.instance()["ImageId"]
    [found] = aws.client("ec2").describe_images(ImageIds=[image])["Images"]
    assert (found["Architecture"], found["OwnerId"]) == ("arm64", "137112412989")
    assert host.instance()["Architecture"] == "arm64"


def test_a_template_parameter_can_name_the_image(aws, deploy_bastion, templates):
    resources = templates.bastion("by-parameter", ImageId=templates.ref("Image"), address=False)
    image = {
        "Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
        "Default": "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
    }
    stack = aws.deploy(resources, Parameters={"Image": image})
    identity = aws.resource(stack, "Host")
    found = aws.client("ec2").describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]
    assert found["ImageId"].startswith("ami-")
    aws.delete(stack)


def test_metadata_options_monitoring_and_disk_are_what_was_asked_for(aws, host):
    found = host.instance()
    assert found["MetadataOptions"]["HttpTokens"] == "required"
    assert found["Monitoring"]["State"] == "enabled"
    assert found["EbsOptimized"] is True
    volume = found["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    [disk] = aws.client("ec2").describe_volumes(VolumeIds=[volume])["Volumes"]
    assert (disk["Encrypted"], disk["Size"], disk["VolumeType"]) == (True, 9, "gp3")


def test_its_private_address_is_one_of_its_subnet(host):
    address = ipaddress.ip_address(host.instance()["PrivateIpAddress"])
    assert address in ipaddress.ip_network("10.9.1.0/24")


def test_templates_can_refer_to_addresses_and_zone(aws, templates):
    names = ("PrivateIp", "PrivateDnsName", "AvailabilityZone")
    outputs = {name: {"Value": templates.att("Host", name)} for name in names}
    stack = aws.deploy(templates.bastion("with-outputs", address=False), Outputs=outputs)
    told = {
        entry["OutputKey"]: entry["OutputValue"]
        for entry in aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    }
    assert told["AvailabilityZone"] == "ap-southeast-2a"
    assert (
        told["PrivateDnsName"] == f"ip-{told['PrivateIp'].replace('.', '-')}.ap-southeast-2.compute.internal"
    )
    aws.delete(stack)


def test_an_elastic_address_makes_it_public_and_tells_the_port(host):
    assert host.instance()["PublicIpAddress"] == "127.0.0.1"
    assert host.port > 1024


def test_without_an_address_nothing_listens(aws, deploy_bastion):
    hidden = deploy_bastion(aws, address=False)
    assert "PublicIpAddress" not in hidden.instance()
    assert hidden.port is None


def test_an_interface_can_ask_for_a_public_address(aws, deploy_bastion, templates):
    interface = {
        "DeviceIndex": "0",
        "AssociatePublicIpAddress": True,
        "SubnetId": templates.ref("Subnet"),
        "GroupSet": [templates.att("Group", "GroupId")],
    }
    open_ = deploy_bastion(aws, address=False, NetworkInterfaces=[interface])
    assert open_.instance()["PublicIpAddress"] == "127.0.0.1"
    aws.client("ec2").stop_instances(InstanceIds=[open_.instance()["InstanceId"]])
    assert "PublicIpAddress" not in open_.instance()


def test_other_user_data_and_groups_keep_the_instance_another_image_key_replaces_it(
    aws, deploy_bastion, templates
):
    held = deploy_bastion(aws)
    before = held.instance()["InstanceId"]
    aws.deploy(templates.bastion(held.name, UserData=templates.user_data("localhost:1")), stack=held.stack)
    assert held.instance()["InstanceId"] == before
    moved = templates.bastion(held.name, "localhost:1", PrivateIpAddress="10.9.1.77")
    aws.deploy(moved, stack=held.stack)
    assert held.instance()["InstanceId"] != before
    assert held.instance()["PrivateIpAddress"] == "10.9.1.77"
    assert held.port
    old = aws.client("ec2").describe_instances(InstanceIds=[before])["Reservations"][0]["Instances"][0]
    assert old["State"]["Name"] == "terminated"


def test_tags_change_and_the_port_stays(aws, deploy_bastion, templates):
    held = deploy_bastion(aws)
    port = held.port
    aws.deploy(
        templates.bastion(
            held.name, Tags=[{"Key": "Name", "Value": held.name}, {"Key": "more", "Value": "1"}]
        ),
        stack=held.stack,
    )
    assert {"Key": "more", "Value": "1"} in held.instance()["Tags"]
    assert held.port == port


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ImageId": "ami-00000000000000000"}, "The image id .* does not exist"),
        ({"InstanceType": "t3.nano"}, "does not match the architecture 'arm64'"),
        ({"KeyName": "nobody"}, "The key pair 'nobody' does not exist"),
        ({"SubnetId": "subnet-1"}, "The subnet ID 'subnet-1' does not exist"),
        ({"SecurityGroupIds": ["sg-1"]}, "The security group 'sg-1' does not exist"),
        ({"IamInstanceProfile": "nobody"}, "Invalid IAM Instance Profile name"),
    ],
)
def test_what_does_not_exist_or_fit_is_refused(aws, templates, changes, reason):
    with pytest.raises(AssertionError, match=reason):
        aws.deploy(templates.bastion(f"refused-{abs(hash(reason))}", address=False, **changes))


def test_it_has_the_role_of_its_instance_profile(aws, deploy_bastion, templates):
    role = aws.role(service="ec2.amazonaws.com").rsplit("/", 1)[-1]
    resources = templates.bastion("with-profile", address=False, IamInstanceProfile=templates.ref("Profile"))
    resources["Profile"] = {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [role]}}
    stack = aws.deploy(resources)
    identity = aws.resource(stack, "Host")
    found = aws.client("ec2").describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]
    assert ":instance-profile/" in found["IamInstanceProfile"]["Arn"]
    aws.delete(stack)


def test_deleting_the_stack_terminates_it(aws, deploy_bastion):
    gone = deploy_bastion(aws)
    identity = gone.instance()["InstanceId"]
    aws.delete(gone.stack)
    found = aws.client("ec2").describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]
    assert found["State"]["Name"] == "terminated"


def test_termination_protection_holds_until_it_is_taken_away(aws, deploy_bastion, templates):
    held = deploy_bastion(aws, DisableApiTermination=True)
    with pytest.raises(AssertionError, match="may not be terminated"):
        aws.delete(held.stack)
    assert held.instance()["State"]["Name"] == "running"


def test_a_schedule_stops_it_by_a_role_that_may(secured_aws, deploy_bastion):
    held = deploy_bastion(secured_aws)
    identity = held.instance()["InstanceId"]
    arn = f"arn:aws:ec2:{secured_aws.endpoint.region}:{secured_aws.endpoint.account}:instance/{identity}"
    role = secured_aws.role(
        {"Effect": "Allow", "Action": "ec2:StopInstances", "Resource": arn}, service="scheduler.amazonaws.com"
    )
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 2))
    secured_aws.client("scheduler").create_schedule(
        Name=f"stop-{held.name}",
        ScheduleExpression=f"at({at})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances",
            "RoleArn": role,
            "Input": f'{{"InstanceIds": ["{identity}"]}}',
        },
    )
    until(lambda: held.instance()["State"]["Name"] == "stopped", every=0.1)
    assert held.port is None


def test_who_may_not_start_it_is_refused(secured_aws, deploy_bastion):
    held = deploy_bastion(secured_aws)
    other = secured_aws.role(
        {"Effect": "Allow", "Action": "ec2:StartInstances", "Resource": "arn:aws:ec2:*:*:instance/i-0123"}
    )
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        secured_aws.client_as(other, "ec2").start_instances(InstanceIds=[held.instance()["InstanceId"]])
