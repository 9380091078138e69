"""Small models of MACE with random weights: the adapter is tested with them, not the potential."""

import numpy as np


def write_model(path, *, seed=0, scale=1.0):
    """Write a model of hydrogen, and return where.

    Args:
        path: of the file.
        seed: of its weights.
        scale: of its energies, in eV; with 1 a fluid heats up at once.
    """
    import torch
    from mace import modules  # before e3nn: it lets e3nn load its constants

    from e3nn import o3  # isort: skip

    block = modules.interaction_classes["RealAgnosticResidualInteractionBlock"]
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(seed)
    model = modules.ScaleShiftMACE(
        r_max=3.0,
        num_bessel=6,
        num_polynomial_cutoff=5,
        max_ell=2,
        interaction_cls=block,
        interaction_cls_first=block,
        num_interactions=2,
        num_elements=1,
        hidden_irreps=o3.Irreps("8x0e"),
        MLP_irreps=o3.Irreps("8x0e"),
        gate=torch.nn.functional.silu,
        atomic_energies=np.array([-13.6]),
        avg_num_neighbors=20.0,
        atomic_numbers=[1],
        correlation=2,
        radial_type="bessel",
        atomic_inter_scale=scale,
        atomic_inter_shift=0.0,
    )
    torch.save(model, path)
    return path
