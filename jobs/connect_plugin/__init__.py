"""The plug-in of change data capture for MSK Connect, byte for byte the same wherever it is built."""
