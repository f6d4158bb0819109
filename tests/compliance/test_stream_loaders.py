"""What loads streams into the lake, on brokers of each kind: what it is handed, and what it reaches and nothing else."""

from __future__ import annotations

LOADED = ("customers", "order_items", "orders")


def of_type(assembly, kind):
    """Resources of a kind in the stack of the domain's loaders."""
    (name,) = (stack for stack in assembly.templates if stack.endswith("-retail-load"))
    resources = assembly.templates[name]["Resources"]
    return {key: each["Properties"] for key, each in resources.items() if each["Type"] == kind}


def statements(assembly):
    """Name of the role and statement, of every policy of the stack."""
    roles = {key: each["RoleName"] for key, each in of_type(assembly, "AWS::IAM::Role").items()}
    return [
        (roles[role["Ref"]], statement)
        for policy in of_type(assembly, "AWS::IAM::ManagedPolicy").values()
        for role in policy.get("Roles", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_two_findings_are_accepted_however_many_loaders_there_are_their_files_names_and_endless_tries(
    streaming,
):
    accepted = [
        (path.split("/RetailLoad/")[1], rule.split("[")[0].split("::")[-1])
        for path, rule in streaming.acknowledgements
        if "/RetailLoad/" in path
    ]

    assert sorted(accepted) == [
        ("ChangeFiles", "AwsSolutions-IAM5"),
        ("Loaders", "Serverless-LambdaEventSourceMappingDestination"),
    ]
    assert len(of_type(streaming, "AWS::Lambda::Function")) > 1


def test_a_loader_writes_the_files_of_the_dataset_that_its_role_is_tagged_with(streaming):
    tags = {
        each["RoleName"].rsplit("-retail-", 1)[1]: {tag["Key"]: tag["Value"] for tag in each["Tags"]}
        for each in of_type(streaming, "AWS::IAM::Role").values()
        if "Tags" in each  # what starts their look at dead letters is none of them
    }
    (files,) = [
        statement["Resource"]
        for policy in of_type(streaming, "AWS::IAM::ManagedPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if "s3:PutObject" in statement["Action"]
    ]

    assert files.endswith("/${aws:PrincipalTag/dataset}/*")
    assert {name: each["dataset"] for name, each in tags.items()} == {f"load-{each}": each for each in LOADED}


def test_a_loader_reads_its_topic_from_the_beginning_in_its_group_and_gives_no_batch_up(streaming):
    mappings = {
        each["Topics"][0]: each for each in of_type(streaming, "AWS::Lambda::EventSourceMapping").values()
    }

    assert set(mappings) == {f"retail.{name}.v1" for name in LOADED}
    for topic, mapping in mappings.items():
        assert mapping["AmazonManagedKafkaEventSourceConfig"] == {"ConsumerGroupId": f"{topic}.loader"}
        assert mapping["StartingPosition"] == "TRIM_HORIZON"
        assert "DestinationConfig" not in mapping
        assert mapping.get("MaximumRetryAttempts", -1) == -1


def test_a_loader_reaches_the_ledgers_items_of_its_topic_and_no_others(streaming):
    leading = {
        role.rsplit("-retail-", 1)[1]: statement["Condition"]["ForAllValues:StringEquals"][
            "dynamodb:LeadingKeys"
        ]
        for role, statement in statements(streaming)
        if "dynamodb:PutItem" in statement["Action"]
    }

    assert leading == {
        f"load-{each}": [f"stream:retail.{each}.v1"] for each in ("customers", "order_items", "orders")
    }


def test_a_loader_is_granted_its_own_tables_and_no_others(streaming):
    granted = {}
    for each in of_type(streaming, "AWS::LakeFormation::PrincipalPermissions").values():
        role = each["Principal"]["DataLakePrincipalIdentifier"]["Fn::GetAtt"][0]
        granted.setdefault(role[:-12], set()).add(each["Resource"].get("Table", {}).get("Name"))
    changes = {name: {None, name, f"{name}_deleted"} for name in ("customers", "orders")}

    assert {frozenset(tables) for tables in granted.values()} == {
        *map(frozenset, changes.values()),
        frozenset({None, "order_items"}),
    }


def test_each_loader_and_nothing_else_is_called_by_the_clock_to_look_at_its_dead_letters(streaming):
    functions = of_type(streaming, "AWS::Lambda::Function")
    called = {
        each["Name"]: functions[each["Target"]["Arn"]["Fn::GetAtt"][0]]["FunctionName"]
        for each in of_type(streaming, "AWS::Scheduler::Schedule").values()
    }
    allowed = [
        statement["Resource"]
        for role, statement in statements(streaming)
        if role.endswith("-load-scheduler") and statement["Action"] == "lambda:InvokeFunction"
    ]

    assert {name: function.rsplit("-retail-", 1)[1] for name, function in called.items()} == {
        each: f"load-{each}" for each in LOADED
    }
    assert [{arn["Fn::GetAtt"][0] for arn in arns} for arns in allowed] == [set(functions)]


def test_whose_failed_calls_are_kept_may_use_the_key_that_they_are_kept_under(streaming):
    senders = {role for role, statement in statements(streaming) if "sqs:SendMessage" in statement["Action"]}
    (foundation,) = (each for name, each in streaming.templates.items() if name.endswith("-foundation"))
    (admitted,) = (
        statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]
        for each in foundation["Resources"].values()
        if each["Type"] == "AWS::KMS::Key"
        for statement in each["Properties"]["KeyPolicy"]["Statement"]
        if statement.get("Sid") == "UseThroughSqs"
    )

    assert len(senders) == len(LOADED) + 1
    assert senders <= {arn.rpartition("/")[2] for arn in admitted}
