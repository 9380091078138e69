"""How well the place of a step and of a maximum is known, on curves whose form the analysis does not assume.

python benchmarks/places.py            # docs/results/places.json
python benchmarks/places.py form       # some rows, printed

Forms of the change: a jump, the error function, Gompertz's curve (which is not symmetric), two states with the exact
Boltzmann weights of a cooperative unit. Baselines are parabolas. The noise of neighbouring runs is correlated by 0.2.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import erf

from llpt.statistics import STATISTICS
from llpt.transition import Coordinate, Curve, find_maximum, fit_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results" / "places.json"
NEIGHBOURS = 0.2
SHARE = 0.88
"""Of the change that lies below T0 + w; 1 - SHARE lies below T0 - w. That of tanh."""


def share(form: str, temperatures: NDArray[np.float64], place: float, width: float) -> NDArray[np.float64]:
    """Return the share of the upper phase, half of it at the place."""
    u = (temperatures - place) / max(width, 1e-9)
    if form == "jump":
        return (temperatures > place).astype(float)
    if form == "error function":
        return np.asarray(0.5 * (1.0 + erf(0.831 * u)))
    if form == "Gompertz":
        steep = 0.5 * (np.log(-np.log(1.0 - SHARE)) - np.log(-np.log(SHARE)))
        return np.asarray(np.exp(-np.log(2.0) * np.exp(-steep * u)))
    heat = 2.0 * place / max(width, 1e-9)
    return np.asarray(1.0 / (1.0 + np.exp(np.clip(heat * (place / temperatures - 1.0), -200.0, 200.0))))


SMOOTH = ("error function", "Gompertz", "two states")


def drawn(
    form: str, width: float, spacing: float, noise_percent: float, random: np.random.Generator
) -> tuple[Curve, float]:
    """Return a density curve with noise, and the true place of its step."""
    count = max(7, int(random.integers(7, 13)), int(np.ceil(8.0 * width / spacing)))
    temperatures = 500.0 + spacing * np.arange(count)
    place = float(temperatures.mean()) + random.uniform(-0.5, 0.5) * spacing
    x = (temperatures - 900.0) / 250.0
    values = 1.0 - 0.015 * x + 0.01 * random.uniform(-0.3, 0.3) * x**2
    values *= 1.0 + 0.03 * share(form, temperatures, place, width)
    deviates = random.normal(size=count)
    for index in range(1, count):
        deviates[index] = NEIGHBOURS * deviates[index - 1] + np.sqrt(1.0 - NEIGHBOURS**2) * deviates[index]
    error = 0.01 * noise_percent
    return density_curve(temperatures, values + error * deviates, np.full(count, error)), place


def density_curve(
    coordinates: NDArray[np.float64],
    values: NDArray[np.float64],
    errors: NDArray[np.float64],
    along: Coordinate = Coordinate.TEMPERATURE,
) -> Curve:
    """Return a curve whose errors are known exactly."""
    count = len(coordinates)
    samples, degrees = np.full(count, 40.0), np.full(count, np.inf)
    return Curve("density", "g/cm^3", coordinates, values, errors, samples, degrees, np.full(count, 4000.0), along)


def form(draws: int = 40) -> dict[str, Any]:
    """Return the scatter of a noiseless step's place about the truth, in units of w: what FORM_SHARE stands for."""
    found, every = {}, []
    for name in SMOOTH:
        random = np.random.default_rng(11)
        off = []
        for _ in range(draws):
            width, spacing = random.uniform(60.0, 150.0), float(random.choice([25.0, 50.0]))
            curve, place = drawn(name, width, spacing, 0.02, random)
            fit = fit_step(curve)
            if fit.resolved:
                off.append((fit.location.value - place) / width)
        every += off
        found[name] = {"steps": len(off), "mean / w": float(np.mean(off)), "root mean square / w": _rms(off)}
    found["all"] = {"steps": len(every), "mean / w": float(np.mean(every)), "root mean square / w": _rms(every)}
    return found


def isotherms(draws: int = 40) -> dict[str, Any]:
    """Return the same scatter on isotherms: ln(rho) against ln(P) a straight line beside the step, and a bent one."""
    found = {}
    for row, bend in (("straight", 0.0), ("bent", 0.005)):
        off, pulled = [], []
        for name in SMOOTH:
            random = np.random.default_rng(14)
            for _ in range(draws):
                width, spacing = random.uniform(5.0, 12.0), float(random.choice([2.0, 4.0]))
                count = max(8, int(random.integers(8, 16)), int(np.ceil(8.0 * width / spacing)))
                pressures = 100.0 + spacing * np.arange(count)
                place = float(pressures.mean()) + random.uniform(-0.5, 0.5) * spacing
                x = np.log(pressures / pressures.mean())
                values = np.exp(0.45 * x + random.uniform(-bend, bend) * x**2 / 0.09)
                values *= 1.0 + 0.03 * share(name, pressures, place, width)
                error = 0.0002
                curve = density_curve(
                    pressures, values + error * random.normal(size=count), np.full(count, error), Coordinate.PRESSURE
                )
                fit = fit_step(curve)
                if fit.resolved:
                    off.append((fit.location.value - place) / width)
                    pulled.append((fit.location.value - place) / fit.location.error)
        found[row] = {
            "steps": len(off),
            "mean / w": float(np.mean(off)),
            "root mean square / w": _rms(off),
            "standard deviation of pulls": round(float(np.std(pulled)), 2),
        }
    return found


def pulls(draws: int = 120) -> dict[str, Any]:
    """Return mean and standard deviation of (place - truth) / error, and how often it is beyond 2, by form."""
    found = {}
    for name, low, high in (
        ("jump", 0.0, 0.0),
        *((name, 10.0, 50.0) for name in SMOOTH),
        *((name, 50.0, 150.0) for name in SMOOTH),
    ):
        random = np.random.default_rng(12)
        off = []
        for _ in range(draws):
            noise = float(np.exp(random.uniform(np.log(0.05), np.log(0.5))))
            spacing = float(random.choice([25.0, 50.0, 75.0, 100.0]))
            curve, place = drawn(name, random.uniform(low, high), spacing, noise, random)
            fit = fit_step(curve)
            if fit.resolved:
                off.append((fit.location.value - place) / fit.location.error)
        row = f"{name}, w {low:g} to {high:g} K" if high else name
        found[row] = _spread(off)
    return found


def zeros(draws: int = 40) -> dict[str, Any]:
    """Return what a peak that is exactly 0, without an error, above a sharp loss does to the place of that loss."""
    random = np.random.default_rng(13)
    found = []
    for _ in range(draws):
        temperatures = 700.0 + 50.0 * np.arange(9)
        place = random.uniform(825.0, 975.0)
        below = temperatures < place
        values = np.where(below, 1.5 - 0.001 * (temperatures - 700.0) + 0.02 * random.normal(size=9), 0.0)
        fit = fit_step(density_curve(temperatures, values, np.where(below, 0.02, 0.0)))
        found.append((fit.resolved, (fit.location.value - place) / fit.location.error if fit.resolved else np.nan))
    return {"resolved": sum(each[0] for each in found)} | _spread([each[1] for each in found if each[0]])


def maxima(draws: int = 60) -> dict[str, Any]:
    """Return how well the place of the greatest density beside a step is known, by width of the step."""
    found = {}
    for width in (30.0, 60.0, 100.0):
        random = np.random.default_rng(14)
        off, errors = [], []
        fine = np.linspace(700.0, 1200.0, 5001)
        for _ in range(draws):
            place = random.uniform(880.0, 920.0)

            def truth(t: NDArray[np.float64], place: float = place, width: float = width) -> NDArray[np.float64]:
                return np.asarray((1.0 - 5e-5 * (t - 900.0)) * (1.0 + 0.03 * share("error function", t, place, width)))

            temperatures = 700.0 + 50.0 * np.arange(11)
            values = truth(temperatures) + 0.002 * random.normal(size=11)
            located = find_maximum(density_curve(temperatures, values, np.full(11, 0.002)))
            if located.resolved:
                off.append((located.place.value - float(fine[np.argmax(truth(fine))])) / located.place.error)
                errors.append(located.place.error)
        found[f"w = {width:g} K"] = {"stated error, K": float(np.mean(errors))} | _spread(off)
    return found


def _rms(values: list[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _spread(pull: list[float]) -> dict[str, Any]:
    values = np.array(pull)
    return {
        "places": len(values),
        "mean pull": round(float(values.mean()), 2),
        "standard deviation": round(float(values.std()), 2),
        "beyond 2, %": round(100.0 * float((np.abs(values) > 2.0).mean()), 1),
    }


ROWS: dict[str, Callable[[], Any]] = {
    "form": form,
    "isotherms": isotherms,
    "pulls": pulls,
    "zeros": zeros,
    "maxima": maxima,
}


def main() -> None:
    """Measure, and write or print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", choices=[[], *ROWS], default=[])
    given = parser.parse_args()
    found = {name: ROWS[name]() for name in given.rows or ROWS}
    print(json.dumps(found, indent=1))
    if not given.rows:
        document = {
            "statistics": STATISTICS,
            "command": "python benchmarks/places.py",
            "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        }
        RESULTS.write_text(json.dumps(document | found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
