"""A process that sends rows and writes down each that the brokers have acknowledged; a test kills it."""

from __future__ import annotations

import json
import sys
import time

import boto3
from event_producer import EventProducer, Subjects

from tests.unit.examples.event_producer.conftest import request


def main(told: str) -> None:
    given = json.loads(told)
    glue = boto3.client(
        "glue",
        endpoint_url=given["endpoint"],
        region_name="ap-southeast-2",
        aws_access_key_id=given["account"],
        aws_secret_access_key="test",
    )
    producer = EventProducer(given["topic"], Subjects(glue, given["registry"]), given["connection"])
    waiting = []
    for number in range(given["rows"]):
        waiting.append(producer.send(request(number)))
        time.sleep(0.002)  # so that it is killed while it sends
        for receipt in [each for each in waiting if each.acknowledged]:
            sys.stdout.write(f"{receipt.row['request_id']}\n")
            sys.stdout.flush()
            waiting.remove(receipt)
    producer.close()


if __name__ == "__main__":
    main(sys.argv[1])
