"""The operator's command line `dp`: asks the platform, never imports the CDK."""
