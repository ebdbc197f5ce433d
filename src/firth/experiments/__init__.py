"""One file, one experiment: its question, inputs, controls and source."""
