"""Runs side by side, from what is stored alone: no encoder is loaded, nothing is computed again."""
