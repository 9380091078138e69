"""How sure a statement about a transition is: the same for every piece of evidence."""

CONFIDENCE = 0.98
"""Probability with which a statement holds, by Student's distribution (``Estimate.half_width``); of one drawn from
several pairs what may fail is shared among the pairs."""
UNANIMITY = 0.95
"""Share of the curves with noise added that must have the feature in question."""
RESAMPLES = 400
"""Number of such curves."""
