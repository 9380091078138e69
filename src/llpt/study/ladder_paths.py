"""How the base ladders of a study are walked, by ``dynamics.ladder``."""

from llpt.study.sections import Ladder
from llpt.transition import LadderPath

PATHS = {
    Ladder.HEATING: LadderPath.HEATING,
    Ladder.COOLING: LadderPath.COOLING,
    Ladder.NONE: LadderPath.SEPARATE,
}
