"""What raw's files hold, for whoever writes them as Arrow columns: the extractor and the streams' loader."""
