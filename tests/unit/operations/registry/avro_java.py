"""Asks Apache Avro 1.11.4 for Java, by which the Glue schema registry judges (AWS Glue developer guide, "AWS Glue
Schema registry": it supports the "AVRO (v1.11.4)" data format), whether a reader's schema reads a writer's.

A program of its own: a JVM in the process of the tests would stay until they end. In comes, as JSON, the folder of
the jars, the JVM and pairs of (reader, writer); out goes a list of true and false.
"""

import json
import sys
from pathlib import Path

import jpype


def main() -> None:
    asked = json.load(sys.stdin)
    jpype.startJVM(
        asked["jvm"],
        "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED",
        classpath=[str(jar) for jar in Path(asked["jars"]).glob("*.jar")],
    )
    parser = jpype.JClass("org.apache.avro.Schema$Parser")
    judge = jpype.JClass("org.apache.avro.SchemaCompatibility")
    compatible = judge.SchemaCompatibilityType.COMPATIBLE
    answers = [
        judge.checkReaderWriterCompatibility(parser().parse(reader), parser().parse(writer)).getType()
        == compatible
        for reader, writer in asked["pairs"]
    ]
    json.dump([bool(answer) for answer in answers], sys.stdout)


if __name__ == "__main__":
    main()
