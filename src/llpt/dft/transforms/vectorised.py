"""Products with the potential and densities of single-precision orbitals on the CPU, by transforms of our own.

They compute only what the sphere of plane waves needs, keep the work of a few bands in the cache, and multiply by the
potential on the way: several times faster than library transforms of whole grids (``benchmarks/transforms.py``).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from llpt.dft.transforms.codelets import LANES, POINT, Sign, product, square, transform
from llpt.dft.transforms.columns import find_columns
from llpt.dft.transforms.kernels import Layout, TransformWork, add_densities, write_potential_products

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor


class VectorisedTransform:
    """Fourier transforms between the plane waves of one k-point and a grid; see ``TensorTransform``.

    Args:
        integers: Miller indices of the plane waves, ordered, shape (n, 3), long.
        shape: the grid; it must hold every index without two of them falling on one point.
    """

    def __init__(self, integers: Tensor, shape: tuple[int, int, int]) -> None:
        self.shape = shape
        columns = find_columns(integers.numpy(), shape)
        axes = tuple(zip(shape, columns.widths, strict=True))
        self._layout = Layout(
            first=columns.first,
            counts=columns.counts,
            lowest=columns.lowest,
            place=columns.place,
            empty=columns.empty,
            shape=np.array(shape),
            column=(shape[2] | 1) * POINT,
            row=(shape[1] | 1) * POINT,
            widths=np.array(columns.widths),
            to_grid=np.array([transform(n, w, n, Sign.TO_GRID) for n, w in axes]),
            to_waves=np.array([transform(n, n, w, Sign.TO_PLANE_WAVES) for n, w in axes]),
            product=product(*axes[0]),
            square=square(*axes[0]),
        )
        self._works: list[TransformWork] = []
        self._pool: ThreadPoolExecutor | None = None

    def apply_potential(self, orbitals: Tensor, potential: Tensor) -> Tensor:
        """Return V psi in plane waves, shape (bands, n), for a real potential on the grid."""
        bands = orbitals.shape[0]
        scaled = (potential.permute(2, 1, 0) / potential.numel()).contiguous().numpy()
        result = torch.empty_like(orbitals, memory_format=torch.contiguous_format)
        source, target = _reals(orbitals.contiguous()), _reals(result)
        threads = self._threads(bands)
        self._run(
            write_potential_products,
            [(self._layout, self._works[t], source, scaled, target, t, bands, threads) for t in range(threads)],
        )
        return result

    def add_density(self, density: Tensor, orbitals: Tensor, occupations: Tensor) -> None:
        """Add sum_i f_i |psi_i|² (without 1/Omega) to ``density`` on the grid.

        Args:
            density: what is added to, shape of the grid.
            orbitals: coefficients, shape (bands, plane waves).
            occupations: f_i, shape (bands,).
        """
        bands = orbitals.shape[0]
        weights = np.zeros(-(-bands // LANES) * LANES, np.float32)
        weights[:bands] = occupations.numpy()
        source = _reals(orbitals.contiguous())
        threads = self._threads(bands)
        parts = [np.zeros(self.shape[::-1], np.float32) for _ in range(threads)]
        self._run(
            add_densities,
            [(self._layout, self._works[t], source, weights, parts[t], t, bands, threads) for t in range(threads)],
        )
        for part in parts:
            density.add_(torch.from_numpy(part).permute(2, 1, 0))

    def _threads(self, bands: int) -> int:
        """Return how many threads share the bands, with work space for each: no more than torch uses."""
        threads = max(1, min(torch.get_num_threads(), -(-bands // LANES)))
        while len(self._works) < threads:
            self._works.append(self._new_work())
        return threads

    def _run(self, kernel: Callable[..., None], calls: list[tuple[Any, ...]]) -> None:
        """Call a kernel once on each thread: always the same share to each, so that results repeat."""
        if self._pool is None and len(calls) > 1:
            self._pool = ThreadPoolExecutor(len(calls) - 1)
        others = [self._pool.submit(kernel, *call) for call in calls[1:]] if self._pool is not None else []
        kernel(*calls[0])
        for other in others:
            other.result()

    def _new_work(self) -> TransformWork:
        width1, width2, _ = (int(w) for w in self._layout.widths)
        return TransformWork(
            line=_aligned(max(self.shape) * POINT),
            columns=_aligned(width1 * width2 * self._layout.column),
            plane=_aligned(width1 * self._layout.row),
        )


def _reals(orbitals: Tensor) -> NDArray[np.float32]:
    """The coefficients as real and imaginary parts in turn, shape (bands, 2 n), in the same memory."""
    return torch.view_as_real(orbitals).flatten(1).numpy()


def _aligned(count: int) -> NDArray[np.float32]:
    """Zeros that begin at a multiple of 64 bytes."""
    memory = np.zeros(count + 16, np.float32)
    start = (-memory.ctypes.data // 4) % 16
    return memory[start : start + count]
