"""How sure a statement about a transition is: the same for every piece of evidence."""

CONFIDENCE = 0.98
"""Probability with which a statement drawn from several pairs holds; what may fail is shared among the pairs."""
SIGMAS = 2.05
"""Errors by which a number of its own must lie on one side: 98 % of a normal distribution."""
UNANIMITY = 0.95
"""Share of the curves with noise added that must have the feature in question."""
RESAMPLES = 400
"""Number of such curves."""
