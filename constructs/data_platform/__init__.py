"""Constructs of a governed data platform on AWS, one room a concern."""
