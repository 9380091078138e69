"""Sampled numbers and their errors."""

from llpt.statistics.autocorrelation import (
    autocorrelation_function,
    integrated_autocorrelation_time,
    statistical_inefficiency,
)
from llpt.statistics.combination import noisy_errors, weighing_errors, weighted_mean, widening
from llpt.statistics.correlation_integral import autocorrelation_integral
from llpt.statistics.equilibration import detect_equilibration, drifts, is_stationary, steady
from llpt.statistics.estimate import Estimate, combined, in_words
from llpt.statistics.line import FittedLine, fit_line
from llpt.statistics.logistic import LogitLine, fit_logit
from llpt.statistics.mean import MINIMUM_EFFECTIVE_SAMPLES, mean_estimate, sample_estimate
from llpt.statistics.moments import covariance_estimate, variance_estimate
from llpt.statistics.repeats import mean_of_repeats, memory_of_repeats
from llpt.statistics.resampling import BlockErrors, block_errors, bootstrap
from llpt.statistics.version import STATISTICS

__all__ = [
    "MINIMUM_EFFECTIVE_SAMPLES",
    "STATISTICS",
    "BlockErrors",
    "Estimate",
    "FittedLine",
    "LogitLine",
    "autocorrelation_function",
    "autocorrelation_integral",
    "block_errors",
    "bootstrap",
    "combined",
    "covariance_estimate",
    "detect_equilibration",
    "drifts",
    "fit_line",
    "fit_logit",
    "in_words",
    "integrated_autocorrelation_time",
    "is_stationary",
    "mean_estimate",
    "mean_of_repeats",
    "memory_of_repeats",
    "noisy_errors",
    "sample_estimate",
    "statistical_inefficiency",
    "steady",
    "variance_estimate",
    "weighing_errors",
    "weighted_mean",
    "widening",
]
