"""The version of the way from samples to errors and from errors to a verdict."""

STATISTICS = 9
"""Counts the ways from runs to errors and verdicts. Every change of statistics, criteria or comparisons by which the
same runs may come to another result raises it, so that such a change is told from a result that somebody edited.

1: errors as if known exactly. 2: degrees of freedom and Student's quantiles; what counts is fixed before the runs. 3:
equal means of the enthalpy prove nothing where it slopes otherwise within the phases; what is not judged and differs
stands among the reasons. 4: what is read off labels (free energies, kelvins, residuals) has degrees of freedom too;
what is not known somewhere along a line is proven small nowhere. 5: a step of the enthalpy is proven small only where
straight lines through either phase prove it at the transition, too. 6: what is judged and missing leaves the verdict
open, and so does a state at which one side alone is a solid; a curve is faithful only where its points are. 7: a
combination is widened for weights that come from poorly known errors; what a side lacks (a pressure at held volumes,
states in common, a phase) and where the volume jumps between two pressures enter. 8: the difference at each state of
every curve is listed, and so among the reasons; a line that the surrogate alone walked is named; the pressure of a
plateau holds that its weights are estimates, that of a loop what straight lines leave open; no plateau rises. 9: the
scatter of three walks or more is an error where their runs do not know theirs, with what all may be behind; a molecular
fraction passes 1/2 once, by the best curve that only falls; in means and differences an error of fewer than six
degrees of freedom is no weight; where no transition is known, no curve is fitted to differences.
"""
