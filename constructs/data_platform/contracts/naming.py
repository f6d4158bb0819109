"""The physical names of a domain in one environment, in one place, so that SQL, CDK and the CLI agree."""

from __future__ import annotations

from dataclasses import dataclass

RESULTS_PREFIX = "athena-results/"
# Where raw keeps the manifests of extractions; no dataset's name begins with an underscore.
EXTRACTIONS = "_extractions/"
# Where DMS writes in raw before its files are registered.
REPLICATIONS = "_dms/"
# The duty of whatever asks by itself: the pipeline, dbt, retention.
RUN = "run"


@dataclass(frozen=True, kw_only=True)
class Naming:
    """Physical names of one domain in one environment.

    Args:
        organisation: Short name that starts every physical name (2 to 8 characters).
        environment: Name of the environment.
        domain: Name of the domain.
        account: The 12-digit account id.
        region: The AWS region.

    Example:
        >>> names = Naming(organisation="dp", environment="dev", domain="aviation",
        ...                account="111111111111", region="ap-southeast-2")
        >>> names.bucket("raw")
        'dp-dev-aviation-raw-111111111111-ap-southeast-2'
        >>> names.database("staged")
        'dp_dev_aviation_staged'
        >>> names.table_location("staged", "flights")
        's3://dp-dev-aviation-staged-111111111111-ap-southeast-2/flights/'
        >>> names.workgroup_of("analyst"), names.results("analyst")
        ('dp-dev-aviation-analyst', 's3://dp-dev-aviation-sandbox-111111111111-ap-southeast-2/athena-results/analyst/')
    """

    organisation: str
    environment: str
    domain: str
    account: str
    region: str = "ap-southeast-2"

    @property
    def prefix(self) -> str:
        """Starts every physical name of the domain: `dp-dev-aviation`; also the state machine."""
        return f"{self.organisation}-{self.environment}-{self.domain}"

    @property
    def platform_prefix(self) -> str:
        """Starts the physical names of what domains share: `dp-dev`."""
        return f"{self.organisation}-{self.environment}"

    def bucket(self, zone: str) -> str:
        """The bucket of a zone (raw, staged, curated, sandbox)."""
        return f"{self.prefix}-{zone}-{self.account}-{self.region}"

    def database(self, zone: str) -> str:
        """The Glue database of a zone; `discovered` is the crawler's own."""
        return f"{self.prefix}-{zone}".replace("-", "_")

    def table_location(self, zone: str, table: str) -> str:
        """The S3 location of a table, ending in a slash."""
        return f"s3://{self.bucket(zone)}/{table}/"

    def raw_partition(self, dataset: str, source: str, ingest_date: str) -> str:
        """The S3 location of one day's deliveries of a dataset, ending in a slash."""
        return f"{self.table_location('raw', dataset)}source={source}/ingest_date={ingest_date}/"

    def role(self, duty: str) -> str:
        """The IAM role for a duty: pipeline, crawler, dbt, lake, analyst, engineer, steward ..."""
        return f"{self.prefix}-{duty}"

    def role_arn(self, duty: str) -> str:
        """The ARN of the IAM role for a duty."""
        return f"arn:aws:iam::{self.account}:role/{self.role(duty)}"

    def crawler(self, dataset: str) -> str:
        """The crawler of a dataset's raw files."""
        return f"{self.prefix}-{dataset}-raw"

    def lf_tag(self, key: str) -> str:
        """The Lake Formation tag of a key: classification, domain, pii, zone, rows. Domains share it."""
        return f"{self.platform_prefix}-{key}"

    def workgroup_of(self, duty: str) -> str:
        """The Athena workgroup in which a duty asks, and nobody else: its results are no other duty's to read."""
        return f"{self.prefix}-{duty}"

    @property
    def workgroup(self) -> str:
        """The Athena workgroup of the domain's runs."""
        return self.workgroup_of(RUN)

    def results(self, duty: str) -> str:
        """The S3 location of a duty's query results, ending in a slash."""
        return f"s3://{self.bucket('sandbox')}/{RESULTS_PREFIX}{duty}/"

    @property
    def state_machine(self) -> str:
        """The Step Functions state machine of the domain."""
        return self.prefix

    @property
    def state_machine_arn(self) -> str:
        """The ARN of the domain's state machine."""
        return f"arn:aws:states:{self.region}:{self.account}:stateMachine:{self.state_machine}"

    @property
    def run_ledger(self) -> str:
        """The DynamoDB table in which the domain's runs are claimed and recorded."""
        return f"{self.prefix}-run-ledger"

    @property
    def stream(self) -> str:
        """The Kafka cluster of the domain, its configuration and its registry of schemas."""
        return f"{self.prefix}-stream"

    @property
    def token_key(self) -> str:
        """The secret with the domain's token keys."""
        return f"{self.prefix}-token-key"

    @property
    def token_mapping(self) -> str:
        """The table in staged, and the prefix of its bucket, through which stored tokens are upgraded."""
        return "token_mapping"

    @property
    def dbt_task(self) -> str:
        """The ECS task definition family that runs dbt for the domain."""
        return f"{self.prefix}-dbt"

    @property
    def cluster(self) -> str:
        """The ECS cluster of the platform."""
        return self.platform_prefix

    def database_instance(self, source: str) -> str:
        """The RDS instance of a source of the domain."""
        return f"{self.prefix}-{source}"

    def extractor_task(self, source: str) -> str:
        """The ECS task definition family that extracts a source of the domain."""
        return f"{self.prefix}-extract-{source}"

    def replication(self, source: str) -> str:
        """The DMS replication that copies a source of the domain."""
        return f"{self.prefix}-dms-{source}"

    def function(self, duty: str) -> str:
        """The Lambda function for a duty: schema-drift, quality-verdict."""
        return f"{self.prefix}-{duty}"
