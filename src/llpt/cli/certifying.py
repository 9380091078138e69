"""``llpt certify``: are a study's runs of the ensembles that they claim?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import short_name
from llpt.cli.analysis import Directory  # noqa: TC001 - typer reads it
from llpt.cli.console import make_table, output

if TYPE_CHECKING:
    from llpt.audit.ensemble import EnsembleCheck


def certify(directory: Directory) -> None:
    """Ask every run that is done, made here or imported, whether it is of the ensemble that it claims.

    Mean and variance of the kinetic energy are those of the canonical ensemble, or they are not; runs at neighbouring
    pressures or temperatures differ as their states demand, or they do not. Numbers are in units of what they must be.
    """
    from llpt.study import Ledger, StudyDirectory, make_plan  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.certificate import certify_study  # noqa: PLC0415

    place = StudyDirectory.open(directory)
    with Ledger(place.database) as ledger:
        entries = {entry.path: entry for entry in ledger.entries()}
    table = make_table("runs", "asked", "measured / expected >", "")
    for paths, check in certify_study(place, make_plan(place.study), entries):
        table.add_row(" and ".join(short_name(path) for path in paths), check.what, _written(check), check.outcome)
    output().print(table)
    output().print("A thermostat or barostat that only steers (Berendsen) has too small a variance.", markup=False)


def _written(check: EnsembleCheck) -> str:
    measured = check.measured
    return f"{measured.value:.3f} ± {measured.error:.2g}" if measured.resolved else "not available"
