"""``llpt certify``: are a study's runs of the ensembles that they claim?"""

from __future__ import annotations

from llpt.campaign import short_name
from llpt.cli.bars import bar
from llpt.cli.console import PlainTable, output
from llpt.cli.places import Directory  # noqa: TC001 - typer reads it


def certify(directory: Directory) -> None:
    """Ask every run that is done, made here or imported, whether it is of the ensemble that it claims.

    Mean and variance of the kinetic energy are those of the canonical ensemble, or they are not; the volume fluctuates
    as the volumes at neighbouring pressures demand; runs at neighbouring pressures or temperatures differ as their
    states demand; volume or energy show no trend. Numbers are in units of what they must be, trends in standard
    deviations.
    """
    from llpt.study import Ledger, StudyDirectory, make_plan  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.certificate import certify_study  # noqa: PLC0415

    place = StudyDirectory.open(directory)
    with Ledger(place.database) as ledger:
        entries = {entry.path: entry for entry in ledger.entries()}
    table = PlainTable("runs", "asked", "measured >", "must be >", "")
    with bar("parts asked", transient=True) as advance:
        runs = make_plan(place.study).runs
        found = certify_study(place, runs, entries, lambda behind, total: advance(behind, total=total))
        for paths, check in found:
            names = " and ".join(short_name(path) for path in paths)
            table.add_row(names, check.what, check.words, f"{check.expected:g}", check.outcome)
    output().print(table)
    output().print("A thermostat or barostat that only steers (Berendsen) has too small a variance.", markup=False)
