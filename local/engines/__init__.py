"""Real engines beside the embedded AWS: fetched once, checked, started without root, ended with us."""
