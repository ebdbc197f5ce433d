"""The stops of the page: one file, one question that the page can ask, as a call and as JSON."""
