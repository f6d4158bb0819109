"""Kafka: the cluster of a domain, its topics, its schemas, and who may write and read what."""

from data_platform.streaming.arns import group_arn, topic_arn
from data_platform.streaming.bootstrap import ANSWER, bootstrap_right
from data_platform.streaming.brokers import IAM_PORT, TRAITS, Broker
from data_platform.streaming.capture_login import CaptureLogin
from data_platform.streaming.cluster import MskCluster, UnspreadableClusterError
from data_platform.streaming.cluster_policy import ClusterPolicy, ClusterPolicyTooLargeError, TopicAccess
from data_platform.streaming.configuration import BrokerConfiguration, server_properties
from data_platform.streaming.connect_plugin import ConnectPlugin, WorkerConfiguration, offsets_topic
from data_platform.streaming.connector import Connector
from data_platform.streaming.connector_configuration import (
    CapturedDatabase,
    CapturedTable,
    connector_configuration,
    log_reader,
)
from data_platform.streaming.connector_rights import connector_rights, own_names, place_rights
from data_platform.streaming.entrance import ClusterEntrance
from data_platform.streaming.letter_watch import LetterWatch
from data_platform.streaming.loader_function import HANDLER, StreamLoader
from data_platform.streaming.loader_rights import LoaderPlaces, change_file_rights, loader_rights
from data_platform.streaming.registry import SchemaRegistry, SchemaTooLargeError, Subject
from data_platform.streaming.replay_rights import replay_rights
from data_platform.streaming.rights import admin_rights, consumer_rights, producer_rights
from data_platform.streaming.roles import StreamRole
from data_platform.streaming.storage_scaling import StorageScaling
from data_platform.streaming.stream_plans import StreamPlans
from data_platform.streaming.topics import Topics, creation, dead_letter_settings, encoded, topic_settings

__all__ = [
    "ANSWER",
    "HANDLER",
    "IAM_PORT",
    "TRAITS",
    "Broker",
    "BrokerConfiguration",
    "CaptureLogin",
    "CapturedDatabase",
    "CapturedTable",
    "ClusterEntrance",
    "ClusterPolicy",
    "ClusterPolicyTooLargeError",
    "ConnectPlugin",
    "Connector",
    "LetterWatch",
    "LoaderPlaces",
    "MskCluster",
    "SchemaRegistry",
    "SchemaTooLargeError",
    "StorageScaling",
    "StreamLoader",
    "StreamPlans",
    "StreamRole",
    "Subject",
    "TopicAccess",
    "Topics",
    "UnspreadableClusterError",
    "WorkerConfiguration",
    "admin_rights",
    "bootstrap_right",
    "change_file_rights",
    "connector_configuration",
    "connector_rights",
    "consumer_rights",
    "creation",
    "dead_letter_settings",
    "encoded",
    "group_arn",
    "loader_rights",
    "log_reader",
    "offsets_topic",
    "own_names",
    "place_rights",
    "producer_rights",
    "replay_rights",
    "server_properties",
    "topic_arn",
    "topic_settings",
]
