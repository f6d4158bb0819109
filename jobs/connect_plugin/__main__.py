"""The plug-in's command line, for CI and for who changes the list of jars.

python -m jobs.connect_plugin .local/connect-plugin
    builds, refuses what is not the recorded digest, prints the file
python -m jobs.connect_plugin .local/connect-plugin --record
    records the digest of what it built
python -m jobs.connect_plugin .local/connect-plugin --bucket cdk-hnb659fds-assets-111111111111-ap-southeast-2
    and uploads it
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from jobs.connect_plugin import build, jar_list


def main(arguments: list[str] | None = None) -> int:
    """Build, compare with the recorded digest, upload if a bucket is named; 1 when something is refused."""
    parser = argparse.ArgumentParser(prog="python -m jobs.connect_plugin", description=__doc__)
    parser.add_argument("into", type=Path, help="the folder that gets <digest>.zip")
    parser.add_argument(
        "--java", default="java", help="a Java runtime, 17 or later; `java` of the PATH unless said"
    )
    parser.add_argument(
        "--record", action="store_true", help="record the digest instead of comparing with it"
    )
    parser.add_argument(
        "--bucket", help="upload it there as connect-plugins/<digest>.zip, unless it is there already"
    )
    given = parser.parse_args(arguments)
    try:
        made = build.build(given.into, java=given.java)
    except (build.BuildFailed, jar_list.JarRefused, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if given.record:
        build.DIGEST.write_text(made.stem + "\n")
    elif made.stem != build.recorded():
        sys.stderr.write(
            f"jobs/connect_plugin: built {made.stem}, but jobs/connect_plugin/digest says {build.recorded()}. Mend: if "
            "the list of jars or the source was changed on purpose, build with --record and commit the digest\n"
        )
        return 1
    if given.bucket:
        _upload(made, given.bucket)
    sys.stdout.write(f"{made}\n")
    return 0


def _upload(made: Path, bucket: str) -> None:
    s3, key = boto3.client("s3"), f"connect-plugins/{made.name}"
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError:
        s3.upload_file(str(made), bucket, key)


if __name__ == "__main__":
    sys.exit(main())
