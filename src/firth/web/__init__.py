"""The local page: the same experiments and figures, behind a server that only this machine sees."""
