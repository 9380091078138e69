"""Labelled frames, and how far a potential is off on them: overall, by data set, by phase."""
