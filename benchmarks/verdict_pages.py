"""Writes the rates of the verdict that are committed into the pages: every table and number that follows from them.

    python benchmarks/verdict_pages.py      # docs/verdict.md and README.md, from docs/results/verdict-rates.json

It stands between ``<!-- name -->`` and ``<!-- end -->`` in the page, and in one row of the README.
"""

from __future__ import annotations

import json
from typing import Any

from verdict_rates import KINDS, RESULTS, ROOT, Apart, Hidden, markdown

from llpt.statistics import STATISTICS
from llpt.transition import LineKind

CONDITIONS = (
    "| pairs of known truth | a jump, tanh, the error function or two states on a curved baseline |",
    "| temperatures | 6–12, 25–100 K apart |",
    "| errors of the density | 0.05–0.5 % (2–10 ps of 64–512 atoms), themselves known from 4–25 degrees of freedom |",
    "| and | noise that neighbours share; one run in twenty without a known error |",
)
"""Of the table that says how it was measured."""
OLDER = f"| `{RESULTS.name}` |"
"""Begins the row that names the rates among the results of older statistics."""
PAGE, README = ROOT / "docs" / "verdict.md", ROOT / "README.md"


def texts(document: dict[str, Any]) -> dict[str, str]:
    """Return what stands between the marks of the pages, by the name of the mark."""
    rows = [(kind, document["rows"][kind.name]) for kind in KINDS if kind.name in document["rows"]]
    parts = {
        "isobars": [(kind, row) for kind, row in rows if kind.line is LineKind.ISOBAR and not kind.long],
        "long": [(kind, row) for kind, row in rows if kind.long and not isinstance(kind.special, Hidden | Apart)],
        "hidden": [(kind, row) for kind, row in rows if isinstance(kind.special, Hidden | Apart)],
        "other": [(kind, row) for kind, row in rows if kind.line is not LineKind.ISOBAR and not kind.long],
    }
    isobars = [row for _, row in parts["isobars"]]
    equal = isobars[0]

    def worst(*names: str) -> str:
        """Return the most that are wrong of some parts, with how many there are; a dash where none was drawn."""
        rows = [row for name in names for _, row in parts[name]]
        wrong, of = max(((row["wrong"], row["pairs"]) for row in rows), default=("–", "–"))
        return f"{wrong} of {of}"

    def span(key: str) -> str:
        values = [row[key] for row in isobars if row[key] is not None]
        return f"{min(values)} to {max(values)}"

    opened = [
        "| open | in pairs | and nothing else |",
        "|---|---|---|",
        *(f"| {name} | {count} | {equal['by nothing else'].get(name, 0)} |" for name, count in equal["by"].items()),
    ]
    long_runs = f", {worst('long', 'hidden')} in those of long runs" if parts["long"] else ""
    by = f"statistics {document['statistics']}"
    by += "" if document["statistics"] == STATISTICS else f" (the program has {STATISTICS} by now)"
    took = "" if document["minutes"] is None else f", {document['minutes']:g} minutes"
    found = {f"rates of {name}": markdown({kind.name: row for kind, row in part}) for name, part in parts.items()}
    return found | {
        "rates measured": "\n".join(
            (
                "| | |",
                "|---|---|",
                f"| measured | {document['date']}, `{document['command']}`{took}, {by}; `results/verdict-rates.json` |",
                *CONDITIONS,
            )
        ),
        "rates in words": f"At most {worst('isobars')} are wrong. Pulls of T* have standard deviations of "
        f"{span('pull of T*')}. Those of the shift, the difference of two T*, are {span('pull of the shift')} "
        "([why](#why-pulls-lie-below-1)): its error is told too large for pairs that change at one place, never too "
        "small. Most pairs stay open: of random grids and run lengths many cannot place a transition, or know it no "
        f"better than their spacing. Of {equal['pairs']} equal pairs {equal['not resolved']} are open; what holds them "
        f"so:\n\n" + "\n".join(opened),
        "rates of long in words": f"At 95 % 15 of 200 may be wrong; at most {worst('long')} are."
        if parts["long"]
        else "The committed run has none of these kinds.",
        "rates of hidden in words": f"At 95 % 15 of 200 may be wrong; at most {worst('hidden')} are."
        if parts["hidden"]
        else "The committed run has none of these kinds.",
        "rates of other in words": f"At 95 % 15 of 200 may be wrong; at most {worst('other')} are.",
        "rates in short": "| [a verdict](docs/verdict.md#how-often-the-verdict-is-wrong) | at most "
        f"{worst('isobars')} wrong in each of {len(isobars)} kinds of pairs{long_runs} |",
    }


def write_pages(document: dict[str, Any]) -> None:
    """Write the numbers into the pages, between ``<!-- name -->`` and ``<!-- end -->``; in the README its one row."""
    found = texts(document)
    for name in (each for each in found if each != "rates in short"):
        text = PAGE.read_text(encoding="utf-8")
        before, _, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not end:
            raise SystemExit(f"{PAGE} has no mark <!-- {name} --> with an end.")
        PAGE.write_text(f"{before}<!-- {name} -->\n{found[name]}\n<!-- end -->{after}", encoding="utf-8")
    if document["statistics"] == STATISTICS:
        kept = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if not line.startswith(OLDER)]
        PAGE.write_text("\n".join(kept) + "\n", encoding="utf-8")
    lines = README.read_text(encoding="utf-8").splitlines(keepends=True)
    start = found["rates in short"].split("|")[1]
    changed = [f"{found['rates in short']}\n" if line.startswith(f"|{start}|") else line for line in lines]
    README.write_text("".join(changed), encoding="utf-8")


if __name__ == "__main__":
    write_pages(json.loads(RESULTS.read_text(encoding="utf-8")))
