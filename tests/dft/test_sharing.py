"""k-points on several threads: the same numbers, in the same order, and no more threads than torch may use."""

import multiprocessing
import threading
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from ase import Atoms

from llpt.dft import KohnSham, KohnShamSettings
from llpt.dft.sharing import at_each_kpoint
from llpt.errors import EngineError

CPU = torch.device("cpu")


@pytest.fixture
def four_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("four_threads")
def test_points_share_the_threads_and_keep_their_order() -> None:
    all_here = threading.Barrier(2, timeout=30.0)

    def seen(number: int) -> tuple[int, str, int]:
        all_here.wait()
        return number, threading.current_thread().name, torch.get_num_threads()

    numbers, names, threads = zip(*at_each_kpoint(seen, range(2), device=CPU), strict=True)
    assert numbers == (0, 1)
    assert len(set(names)) == 2
    assert set(threads) == {2}
    assert torch.get_num_threads() == 4


@pytest.mark.usefixtures("four_threads")
def test_a_point_that_fails_is_told_after_all_have_ended() -> None:
    ended = []

    def one(number: int) -> None:
        if number == 1:
            raise EngineError("point 1 fails.", "")
        ended.append(number)

    with pytest.raises(EngineError, match="point 1"):
        at_each_kpoint(one, range(6), device=CPU)
    assert sorted(ended) == [0, 2, 3, 4, 5]


def doubled(number: int) -> int:
    return 2 * number


def _in_a_child(results: "multiprocessing.queues.Queue[tuple[int, ...]]") -> None:
    results.put(at_each_kpoint(doubled, range(4), device=CPU))


@pytest.mark.usefixtures("four_threads")
def test_a_forked_process_has_threads_of_its_own() -> None:
    assert at_each_kpoint(doubled, range(4), device=CPU) == (0, 2, 4, 6)
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=_in_a_child, args=(results,))
    child.start()
    assert results.get(timeout=60.0) == (0, 2, 4, 6)
    child.join(60.0)


@pytest.mark.usefixtures("four_threads")
def test_two_threads_find_what_one_finds() -> None:
    atoms = Atoms("H4", [(0.1, 0.0, 0.0), (0.85, 0.0, 0.0), (1.4, 1.5, 1.2), (1.4, 2.2, 1.3)], cell=[2.8] * 3, pbc=True)
    found = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        atoms.calc = KohnSham(KohnShamSettings(ecut_ry=20.0, kpoints="2x2x2"))
        found.append((atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress()))
    (energy, forces, stress), (other_energy, other_forces, other_stress) = found
    assert other_energy == pytest.approx(energy, abs=1e-9)
    np.testing.assert_allclose(other_forces, forces, atol=1e-8)
    np.testing.assert_allclose(other_stress, stress, atol=1e-9)
