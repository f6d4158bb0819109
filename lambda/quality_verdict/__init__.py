"""The quality-verdict function: may a run publish what it loaded?"""
