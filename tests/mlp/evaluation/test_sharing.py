"""Shares of atoms that cover each atom once, threads that all run, arrays that grow until they are enough."""

import pytest

from llpt.errors import InputError
from llpt.mlp.evaluation.sharing import divide_atoms, grow_until_enough, run_shares, thread_count


@pytest.mark.parametrize(("n_atoms", "threads", "shares"), [(1, 4, 1), (15, 4, 1), (16, 4, 2), (1000, 3, 3)])
def test_shares_cover_each_atom_once(n_atoms, threads, shares):
    divided = divide_atoms(n_atoms, threads=threads, fewest=8)
    assert len(divided) == shares
    assert [atom for first, last in divided for atom in range(first, last)] == list(range(n_atoms))


def test_every_share_runs_and_the_largest_result_counts():
    ran = {}

    def task(share, first, last):
        ran[share] = (first, last)
        return last

    shares = divide_atoms(100, threads=4, fewest=1)
    assert run_shares(task, shares) == 100
    assert [ran[number] for number in range(4)] == shares


def test_arrays_grow_until_they_are_enough():
    tried = []

    def attempt(capacity):
        tried.append(capacity)
        return 0 if capacity > 2000 else 3 * capacity

    grow_until_enough(attempt, 512)
    assert tried == sorted(tried)
    assert tried[-1] > 2000 >= tried[-2]


@pytest.mark.parametrize("threads", ["many", "0", "-1"])
def test_a_number_of_threads_that_is_none_is_refused(monkeypatch, threads):
    monkeypatch.setenv("NUMBA_NUM_THREADS", threads)
    with pytest.raises(InputError, match="not a number of threads"):
        thread_count()
