"""Masked values as whole Arrow columns, for whoever writes raw: the extractor and the streams' loader."""
