"""The whole platform on this laptop: start the embedded AWS, deploy with the real CDK CLI, move real data."""
