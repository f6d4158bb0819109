"""A thin producer of events: rows in, records as the contract says out, and nothing is said to be sent that is not.

An example to copy into the application that sends (docs/events.md). It needs confluent-kafka, boto3 and fastavro, or
grpcio-tools for Protobuf, and aws-msk-iam-sasl-signer-python; nothing of the platform.
"""

from event_producer.connection import iam_connection
from event_producer.misfit import Misfit
from event_producer.producer import EventProducer, NotAcknowledged, Receipt
from event_producer.subjects import Subject, Subjects, UnusableSubject

__all__ = [
    "EventProducer",
    "Misfit",
    "NotAcknowledged",
    "Receipt",
    "Subject",
    "Subjects",
    "UnusableSubject",
    "iam_connection",
]
