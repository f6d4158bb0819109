"""Speed, measured as ratios against a named peer in the same run, whole-process and with memory."""
