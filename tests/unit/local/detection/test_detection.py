"""Detection deploys, answers, is there only once, and a finding reaches a person's topic by its severity."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from data_platform.observability import finding_rules

ACCOUNT, REGION = "000000000000", "ap-southeast-2"
FEATURES = [
    {"Name": "S3_DATA_EVENTS", "Status": "ENABLED"},
    {
        "Name": "RUNTIME_MONITORING",
        "Status": "ENABLED",
        "AdditionalConfiguration": [{"Name": "ECS_FARGATE_AGENT_MANAGEMENT", "Status": "ENABLED"}],
    },
]


def _resource(kind, **properties):
    return {"Type": f"AWS::{kind}", "Properties": properties}


@pytest.fixture
def deployed(secured_aws):
    """A stack that is deleted when the test ends: most of these services are one an account."""
    made = []

    def deploy(resources, stack=None):
        made.append(secured_aws.deploy(resources, stack=stack))
        return made[-1]

    yield deploy
    for stack in dict.fromkeys(made):
        secured_aws.delete(stack)


@pytest.fixture(scope="module")
def topics(secured_aws):
    """Both topics, each with a queue that shows what a person would be told, and the rules of the platform."""
    aws, queues = secured_aws, {}
    arns = {}
    for severity in ("page", "ticket"):
        name = f"{severity}-{uuid.uuid4().hex[:6]}"
        arns[severity] = aws.client("sns").create_topic(Name=name)["TopicArn"]
        _allow_events(aws, arns[severity])
        url = aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
        }
        policy = json.dumps({"Statement": [{**allow, "Resource": queue}]})
        aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        aws.client("sns").subscribe(TopicArn=arns[severity], Protocol="sqs", Endpoint=queue)
        queues[severity] = url
    rules = {
        "".join(word.title() for word in rule.name.split("-")): _resource(
            "Events::Rule",
            Name=f"t-{rule.name}",
            EventPattern=json.loads(json.dumps(rule.pattern)),
            State="ENABLED",
            Targets=[{"Id": "topic", "Arn": arns[rule.severity]}],
        )
        for rule in finding_rules()
    }
    aws.deploy(rules)
    return queues


def _allow_events(aws, topic):
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    aws.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)


def _told(aws, url, seconds=120.0):
    """The next event that a topic passed on; None when there is none."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for message in aws.client("sqs").receive_message(QueueUrl=url).get("Messages", []):
            aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return json.loads(json.loads(message["Body"])["Message"])
        time.sleep(0.1)
    return None


def _hub_finding(label, **more):
    now = "2026-11-21T00:00:00.000Z"
    return {
        "SchemaVersion": "2018-10-08",
        "Id": uuid.uuid4().hex,
        "ProductArn": f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default",
        "GeneratorId": "test",
        "AwsAccountId": ACCOUNT,
        "CreatedAt": now,
        "UpdatedAt": now,
        "Severity": {"Label": label},
        "Title": "t",
        "Description": "d",
        "Resources": [{"Type": "Other", "Id": "r"}],
        **more,
    }


@pytest.mark.parametrize(
    ("kind", "severity"),
    [("Exfiltration:S3/AnomalousBehavior", "page"), ("Recon:EC2/Portscan", "ticket")],
)
def test_a_threat_reaches_the_topic_of_its_severity(secured_aws, deployed, topics, kind, severity):
    stack = deployed({"D": _resource("GuardDuty::Detector", Enable=True, Features=FEATURES)})
    detector = secured_aws.resource(stack, "D")
    secured_aws.client("guardduty").create_sample_findings(DetectorId=detector, FindingTypes=[kind])

    event = _told(secured_aws, topics[severity])

    assert (event["source"], event["detail"]["type"]) == ("aws.guardduty", kind)


def test_a_threat_of_low_severity_wakes_and_asks_nobody(secured_aws, deployed, topics):
    stack = deployed({"D": _resource("GuardDuty::Detector", Enable=True)})
    secured_aws.client("guardduty").create_sample_findings(
        DetectorId=secured_aws.resource(stack, "D"), FindingTypes=["Discovery:S3/AnomalousBehavior"]
    )

    assert _told(secured_aws, topics["page"], 1) is None
    assert _told(secured_aws, topics["ticket"], 1) is None


@pytest.mark.parametrize(
    ("label", "severity"), [("CRITICAL", "page"), ("HIGH", "page"), ("MEDIUM", "ticket")]
)
def test_an_imported_finding_reaches_the_topic_of_its_severity(
    secured_aws, deployed, topics, label, severity
):
    deployed({"H": _resource("SecurityHub::Hub", EnableDefaultStandards=False)})
    finding = _hub_finding(label)
    answer = secured_aws.client("securityhub").batch_import_findings(Findings=[finding])

    event = _told(secured_aws, topics[severity])

    assert answer["SuccessCount"] == 1
    assert event["detail"]["findings"][0]["Id"] == finding["Id"]


@pytest.mark.parametrize(
    "more",
    [
        {"ProductName": "GuardDuty"},
        {"RecordState": "ARCHIVED"},
        {"Workflow": {"Status": "SUPPRESSED"}},
        {"Compliance": {"Status": "PASSED"}},
    ],
    ids=["told-already", "archived", "suppressed", "passed"],
)
def test_what_is_told_already_over_or_passed_wakes_nobody(secured_aws, deployed, topics, more):
    deployed({"H": _resource("SecurityHub::Hub", EnableDefaultStandards=False)})
    secured_aws.client("securityhub").batch_import_findings(Findings=[_hub_finding("HIGH", **more)])

    assert _told(secured_aws, topics["page"], 1) is None


def test_a_finding_that_is_not_whole_is_refused_by_itself(secured_aws, deployed):
    deployed({"H": _resource("SecurityHub::Hub", EnableDefaultStandards=False)})
    broken = _hub_finding("HIGH", AwsAccountId="111111111111")
    answer = secured_aws.client("securityhub").batch_import_findings(Findings=[broken, _hub_finding("LOW")])

    assert (answer["SuccessCount"], answer["FailedFindings"][0]["Id"]) == (1, broken["Id"])


def test_personal_data_in_raw_opens_a_ticket_and_an_open_bucket_wakes(secured_aws, deployed, topics):
    deployed({"M": _resource("Macie::Session", Status="ENABLED")})
    client = secured_aws.client("macie2")
    client.create_sample_findings(findingTypes=["SensitiveData:S3Object/Personal"])
    assert _told(secured_aws, topics["ticket"])["source"] == "aws.macie"
    client.create_sample_findings(findingTypes=["Policy:IAMUser/S3BucketPublic"])
    assert _told(secured_aws, topics["page"])["detail"]["category"] == "POLICY"


def test_the_detector_is_as_its_template_says_and_there_is_only_one(secured_aws, deployed):
    stack = deployed(
        {
            "D": _resource(
                "GuardDuty::Detector",
                Enable=True,
                FindingPublishingFrequency="FIFTEEN_MINUTES",
                Features=FEATURES,
            )
        }
    )
    client, detector = secured_aws.client("guardduty"), secured_aws.resource(stack, "D")
    found = client.get_detector(DetectorId=detector)

    assert (found["Status"], found["FindingPublishingFrequency"]) == ("ENABLED", "FIFTEEN_MINUTES")
    assert [feature["Name"] for feature in found["Features"]] == ["S3_DATA_EVENTS", "RUNTIME_MONITORING"]
    with pytest.raises(ClientError, match="already exists"):
        client.create_detector(Enable=True)
    deployed({"D": _resource("GuardDuty::Detector", Enable=False)}, stack=stack)
    assert client.get_detector(DetectorId=detector)["Status"] == "DISABLED"


def test_the_hub_has_the_standards_of_its_template(secured_aws, deployed):
    standard = f"arn:aws:securityhub:{REGION}::standards/nist-800-53/v/5.0.0"
    deployed(
        {
            "H": _resource(
                "SecurityHub::Hub",
                EnableDefaultStandards=False,
                ControlFindingGenerator="STANDARD_CONTROL",
                AutoEnableControls=False,
            ),
            "S": {**_resource("SecurityHub::Standard", StandardsArn=standard), "DependsOn": "H"},
        }
    )
    client = secured_aws.client("securityhub")
    hub = client.describe_hub()

    assert (hub["AutoEnableControls"], hub["ControlFindingGenerator"]) == (False, "STANDARD_CONTROL")
    assert [s["StandardsArn"] for s in client.get_enabled_standards()["StandardsSubscriptions"]] == [standard]
    with pytest.raises(ClientError, match="already subscribed"):
        client.enable_security_hub()


def test_analyzers_are_as_their_template_says(secured_aws, deployed):
    unused = {"UnusedAccessConfiguration": {"UnusedAccessAge": 90}}
    deployed(
        {
            "A": _resource("AccessAnalyzer::Analyzer", AnalyzerName="outside", Type="ACCOUNT"),
            "B": _resource(
                "AccessAnalyzer::Analyzer",
                AnalyzerName="unused",
                Type="ACCOUNT_UNUSED_ACCESS",
                AnalyzerConfiguration=unused,
            ),
        }
    )
    found = {
        each["name"]: each for each in secured_aws.client("accessanalyzer").list_analyzers()["analyzers"]
    }

    assert {name: each["type"] for name, each in found.items()} == {
        "outside": "ACCOUNT",
        "unused": "ACCOUNT_UNUSED_ACCESS",
    }
    assert found["unused"]["configuration"] == {"unusedAccess": {"unusedAccessAge": 90}}


def test_the_recorder_records_once_its_channel_is_there(secured_aws, deployed):
    role = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
    source = {"Owner": "AWS", "SourceIdentifier": "CMK_BACKING_KEY_ROTATION_ENABLED"}
    deployed(
        {
            "L": _resource("IAM::ServiceLinkedRole", AWSServiceName="config.amazonaws.com", Description="d"),
            "R": _resource(
                "Config::ConfigurationRecorder",
                Name="default",
                RoleARN=role,
                RecordingGroup={"AllSupported": True, "IncludeGlobalResourceTypes": True},
            ),
            "C": {
                **_resource(
                    "Config::DeliveryChannel", Name="default", S3BucketName="b", S3KeyPrefix="settings"
                ),
                "DependsOn": "R",
            },
            "K": _resource("Config::ConfigRule", ConfigRuleName="dp-keys", Description="d", Source=source),
        }
    )
    client = secured_aws.client("config")
    (recorder,) = client.describe_configuration_recorders()["ConfigurationRecorders"]
    (rule,) = client.describe_config_rules(ConfigRuleNames=["dp-keys"])["ConfigRules"]

    assert recorder["roleARN"] == role
    assert recorder["recordingGroup"]["allSupported"] is True
    assert client.describe_configuration_recorder_status()["ConfigurationRecordersStatus"][0]["recording"]
    assert (rule["Description"], rule["Source"]["SourceIdentifier"]) == ("d", source["SourceIdentifier"])
    assert secured_aws.client("iam").get_role(RoleName="AWSServiceRoleForConfig")["Role"]["Arn"] == role


def test_scheduler_makes_one_job_of_macie_under_its_role(secured_aws, deployed):
    deployed({"M": _resource("Macie::Session", Status="ENABLED", FindingPublishingFrequency="ONE_HOUR")})
    client = secured_aws.client("macie2")
    assert client.get_macie_session()["findingPublishingFrequency"] == "ONE_HOUR"
    jobs = f"arn:aws:macie2:{REGION}:{ACCOUNT}:classification-job/*"
    may = {"Effect": "Allow", "Action": "macie2:CreateClassificationJob", "Resource": jobs}
    from data_platform.detection.sensitive_data import classification_job

    soon = datetime.now(UTC) + timedelta(seconds=5)
    deployed(
        {
            "S": _resource(
                "Scheduler::Schedule",
                Name=f"s-{uuid.uuid4().hex[:6]}",
                ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
                FlexibleTimeWindow={"Mode": "OFF"},
                Target={
                    "Arn": "arn:aws:scheduler:::aws-sdk:macie2:createClassificationJob",
                    "RoleArn": secured_aws.role(may, service="scheduler.amazonaws.com"),
                    "Input": json.dumps(classification_job("dp-t", "retail", "b", ACCOUNT, 10)),
                },
            )
        }
    )
    for _ in range(800):
        found = client.list_classification_jobs()["items"]
        if found:
            break
        time.sleep(0.1)
    job = client.describe_classification_job(jobId=found[0]["jobId"])

    assert job["samplingPercentage"] == 10
    assert job["s3JobDefinition"]["bucketDefinitions"] == [{"accountId": ACCOUNT, "buckets": ["b"]}]
    assert job["name"].startswith("dp-t-retail-raw 20")
