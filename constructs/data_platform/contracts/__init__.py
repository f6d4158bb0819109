"""What a domain promises about a dataset, read once and never changed afterwards."""
