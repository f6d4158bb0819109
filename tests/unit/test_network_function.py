"""A function runs inside the network and within its limits, whether of files or of an image; its log has a key."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from data_platform.functions import source
from data_platform.network_function import network_function

KEY = "arn:aws:kms:ap-southeast-2:111111111111:key/0d9b9f0e-0000-4000-8000-000000000000"
QUEUE = "arn:aws:sqs:ap-southeast-2:111111111111:dead"


@pytest.fixture
def made(stack):
    vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", availability_zones=["ap-southeast-2a"])

    def make(**given):
        network_function(
            stack,
            name="dp-test-judge",
            description="Judges",
            role=iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")),
            vpc=vpc,
            subnets=[
                ec2.Subnet.from_subnet_attributes(
                    stack, "Private", subnet_id="subnet-1", availability_zone="ap-southeast-2a"
                )
            ],
            security_group=ec2.SecurityGroup.from_security_group_id(stack, "Reach", "sg-1"),
            dead_letters=sqs.Queue.from_queue_arn(stack, "Queue", QUEUE),
            memory_mib=256,
            timeout_seconds=60,
            concurrency=4,
            log_key=kms.Key.from_key_arn(stack, "Key", KEY),
            log_retention_days=30,
            removal_policy=cdk.RemovalPolicy.DESTROY,
            **given,
        )
        return assertions.Template.from_stack(stack)

    return make


@pytest.fixture
def of_files(made):
    return made(
        code=source("schema_drift"),
        handler="schema_drift.handler.handle",
        runtime=lambda_.Runtime.PYTHON_3_14,
    )


@pytest.fixture
def of_an_image(stack, made):
    images = ecr.Repository.from_repository_name(stack, "Images", "dp/loader")
    return made(
        code=lambda_.Code.from_ecr_image(images, tag_or_digest="1.0.0", cmd=["loader.handle"]),
        variables={"TOPIC": "orders"},
    )


def only(template, kind):
    (found,) = template.find_resources(kind).values()
    return found["Properties"]


@pytest.mark.parametrize("kind", ["of_files", "of_an_image"])
def test_it_is_inside_the_network_limited_and_traced_and_keeps_its_letters(request, kind):
    function = only(request.getfixturevalue(kind), "AWS::Lambda::Function")

    assert function["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "SubnetIds": ["subnet-1"]}
    assert (function["MemorySize"], function["Timeout"]) == (256, 60)
    assert function["ReservedConcurrentExecutions"] == 4
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["DeadLetterConfig"] == {"TargetArn": QUEUE}
    assert function["Architectures"] == ["arm64"]


@pytest.mark.parametrize("kind", ["of_files", "of_an_image"])
def test_it_writes_json_to_its_own_log_under_a_key(request, kind):
    template = request.getfixturevalue(kind)
    (log,) = template.find_resources("AWS::Logs::LogGroup")

    group = only(template, "AWS::Logs::LogGroup")
    assert (group["LogGroupName"], group["KmsKeyId"], group["RetentionInDays"]) == ("/dp-test-judge", KEY, 30)
    assert only(template, "AWS::Lambda::Function")["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": {"Ref": log},
    }


@pytest.mark.parametrize("kind", ["of_files", "of_an_image"])
def test_it_adds_no_rights_to_its_role(request, kind):
    template = request.getfixturevalue(kind)

    template.resource_count_is("AWS::IAM::Policy", 0)
    assert "Policies" not in only(template, "AWS::IAM::Role")


def test_an_image_says_itself_what_is_called_and_what_runs_it(of_an_image):
    function = only(of_an_image, "AWS::Lambda::Function")

    assert (function["PackageType"], function["ImageConfig"]) == ("Image", {"Command": ["loader.handle"]})
    assert not {"Handler", "Runtime"} & function.keys()
    assert function["Environment"] == {"Variables": {"TOPIC": "orders"}}


def test_files_have_a_handler_a_runtime_and_no_variables_unasked(of_files):
    function = only(of_files, "AWS::Lambda::Function")

    assert (function["Handler"], function["Runtime"]) == ("schema_drift.handler.handle", "python3.14")
    assert "Environment" not in function
