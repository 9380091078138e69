"""Splits keep blocks whole and serve every data set."""

import pytest

from llpt.errors import InputError
from llpt.mlp import read_labels
from llpt.mlp.training.splitting import split_by_block


def split(frames, seed=1):
    return split_by_block(frames, validation_fraction=0.2, test_fraction=0.2, seed=seed)


def test_blocks_are_never_cut(make_labelled):
    frames, _ = read_labels([*make_labelled(6), *make_labelled(5, dataset="second", seed=50)])
    parts = split(frames)
    sides = [{frames[i].block for i in part} for part in (parts.training, parts.validation, parts.test)]
    assert not sides[0] & sides[1] | sides[0] & sides[2] | sides[1] & sides[2]
    assert sorted(parts.training + parts.validation + parts.test) == list(range(len(frames)))
    for part in (parts.training, parts.validation, parts.test):
        assert {frames[i].dataset for i in part} == {"morse", "second"}


def test_the_seed_decides(make_labelled):
    frames, _ = read_labels(make_labelled(8, n_atoms=4))
    assert split(frames) == split(frames)
    assert len({split(frames, seed).test for seed in range(8)}) > 1


def test_a_set_of_one_block_stays_in_training(make_labelled):
    frames, _ = read_labels([*make_labelled(4), *make_labelled(1, dataset="lonely", seed=50)])
    parts = split(frames)
    lonely = [i for i, frame in enumerate(frames) if frame.dataset == "lonely"]
    assert set(lonely) <= set(parts.training)


def test_too_few_blocks_are_refused(make_labelled):
    frames, _ = read_labels(make_labelled(2))
    with pytest.raises(InputError, match="only 2 blocks"):
        split(frames)
