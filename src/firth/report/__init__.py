"""Figures and pages drawn from results; no encoder is needed to draw."""
