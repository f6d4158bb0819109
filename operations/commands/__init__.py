"""One module a command of `dp`: it asks, shows and answers with an exit code."""
