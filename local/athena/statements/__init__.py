"""One module a kind of statement; `recognise` tells which one a text is."""
