"""The landing job: a source's files, with their personal values masked as the contract says, put into raw."""
