"""The loops around the short transforms: from plane waves to planes of the grid and back, a vector of bands at a time.

Plane waves are put into columns, columns are transformed along the third axis, and then each plane of the grid, small
enough for the cache, is finished before the next: second axis, first axis, product with the potential (or sum of the
density), first axis, second axis. What is kept between planes is only the columns.
"""
# ruff: noqa: PLR0917 - numba kernels are called positionally

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

from llpt.compiling import compiled
from llpt.dft.transforms.codelets import LANES, POINT

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Singles = NDArray[np.float32]
    Integers = NDArray[np.int64]


class Layout(NamedTuple):
    """Columns, grid and transforms of a k-point; see ``PlaneWaveColumns``.

    Attributes:
        first, counts, lowest, place, empty: of the columns.
        shape: the grid, shape (3,).
        column: floats from a column to the next, an odd number of points.
        row: floats from a row of a plane to the next, an odd number of points.
        widths: of the rectangle and of columns, shape (3,).
        to_grid: addresses of the transforms along each axis, shape (3,).
        to_waves: of those back, shape (3,).
        product: address of the product with a field along the first axis.
        square: address of the sum of squares along the first axis.
    """

    first: Integers
    counts: Integers
    lowest: Integers
    place: Integers
    empty: Integers
    shape: Integers
    column: int
    row: int
    widths: Integers
    to_grid: Integers
    to_waves: Integers
    product: int
    square: int


class TransformWork(NamedTuple):
    """Work space of one thread, aligned to vectors.

    Attributes:
        line: one line of points along any axis.
        columns: all columns on the grid's third axis, each an odd number of points apart.
        plane: one plane, its first axis as wide as the sphere, rows an odd number of points apart.
    """

    line: Singles
    columns: Singles
    plane: Singles


def _caller(steps: tuple[bool, ...]) -> Any:
    """Return an intrinsic that calls a function by its address with places in arrays.

    Each place is two arguments, array and offset, and a third, the step, where ``steps`` says so.
    """

    def call(_context: Any, address: Any, *arguments: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            passed = []
            index = 1
            for with_step in steps:
                data = context.make_array(signature.args[index])(context, builder, values[index]).data
                passed.append(builder.gep(data, [values[index + 1]]))
                if with_step:
                    passed.append(values[index + 2])
                index += 3 if with_step else 2
            kind = ir.FunctionType(ir.VoidType(), [value.type for value in passed])
            builder.call(builder.inttoptr(values[0], kind.as_pointer()), passed)
            return context.get_dummy_value()

        return types.void(address, *arguments), generate

    return call


def _call_transform(context: Any, address: Any, a: Any, at: Any, step: Any, b: Any, to: Any, target_step: Any) -> Any:
    return _caller((True, True))(context, address, a, at, step, b, to, target_step)


def _call_product(context: Any, address: Any, points: Any, at: Any, step: Any, field: Any, to: Any) -> Any:
    return _caller((True, False))(context, address, points, at, step, field, to)


def _call_square(
    context: Any, address: Any, points: Any, at: Any, step: Any, weights: Any, lane: Any, field: Any, to: Any
) -> Any:
    return _caller((True, False, False))(context, address, points, at, step, weights, lane, field, to)


# Inside kernels only: the address, and of each array of the function its offset and, where it has one, its step.
call_transform: Callable[..., None] = cast("Any", intrinsic(_call_transform))
call_product: Callable[..., None] = cast("Any", intrinsic(_call_product))
call_square: Callable[..., None] = cast("Any", intrinsic(_call_square))


@compiled
def columns_to_grid(layout: Layout, work: TransformWork, orbitals: Singles, band: int, bands: int) -> None:
    """Put up to LANES orbitals into columns and transform these along the third axis.

    Args:
        layout: of the transform.
        work: its work space.
        orbitals: real and imaginary parts in turn, shape (bands, 2 plane waves).
        band: the first of those transformed at once.
        bands: number of bands in all.
    """
    width = layout.widths[2]
    used = min(LANES, bands - band)
    for place in layout.empty:
        work.columns[place * layout.column : place * layout.column + layout.shape[2] * POINT] = 0.0
    work.line[: width * POINT] = 0.0
    for c in range(layout.first.shape[0]):
        low, count, first = layout.lowest[c], layout.counts[c], layout.first[c]
        work.line[: low * POINT] = 0.0
        work.line[(low + count) * POINT : width * POINT] = 0.0
        for lane in range(used):
            for i in range(count):
                to = (low + i) * POINT + lane
                work.line[to] = orbitals[band + lane, 2 * (first + i)]
                work.line[to + LANES] = orbitals[band + lane, 2 * (first + i) + 1]
        call_transform(layout.to_grid[2], work.line, 0, POINT, work.columns, layout.place[c] * layout.column, POINT)


@compiled
def columns_to_waves(layout: Layout, work: TransformWork, orbitals: Singles, band: int, bands: int) -> None:
    """Transform columns along the third axis back and take the plane waves of up to LANES orbitals from them.

    Args:
        layout: of the transform.
        work: its work space.
        orbitals: real and imaginary parts in turn, shape (bands, 2 plane waves).
        band: the first of those transformed at once.
        bands: number of bands in all.
    """
    used = min(LANES, bands - band)
    for c in range(layout.first.shape[0]):
        low, count, first = layout.lowest[c], layout.counts[c], layout.first[c]
        call_transform(layout.to_waves[2], work.columns, layout.place[c] * layout.column, POINT, work.line, 0, POINT)
        for lane in range(used):
            for i in range(count):
                at = (low + i) * POINT + lane
                orbitals[band + lane, 2 * (first + i)] = work.line[at]
                orbitals[band + lane, 2 * (first + i) + 1] = work.line[at + LANES]


@compiled
def plane_to_grid(layout: Layout, work: TransformWork, z: int) -> None:
    """Transform one plane's columns along the second axis.

    Args:
        layout: of the transform.
        work: its work space.
        z: index of the plane along the third axis.
    """
    width = layout.widths[1]
    for x in range(layout.widths[0]):
        at = x * width * layout.column + z * POINT
        call_transform(layout.to_grid[1], work.columns, at, layout.column, work.plane, x * layout.row, POINT)


@compiled
def plane_to_waves(layout: Layout, work: TransformWork, z: int) -> None:
    """Transform one plane along the second axis back into its columns.

    Args:
        layout: of the transform.
        work: its work space.
        z: index of the plane along the third axis.
    """
    width = layout.widths[1]
    for x in range(layout.widths[0]):
        to = x * width * layout.column + z * POINT
        call_transform(layout.to_waves[1], work.plane, x * layout.row, POINT, work.columns, to, layout.column)


@compiled
def write_potential_products(
    layout: Layout,
    work: TransformWork,
    orbitals: Singles,
    potential: Singles,
    result: Singles,
    first: int,
    last: int,
    step: int,
) -> None:
    """Write V psi of the orbitals of every ``step``-th vector of bands from ``first`` on.

    Args:
        layout: of the k-point.
        work: of this thread.
        orbitals: plane-wave coefficients, real and imaginary parts in turn, shape (bands, 2 n).
        potential: V over the number of grid points, by third, second and first axis.
        result: like ``orbitals``.
        first: the first vector of bands.
        last: the number of bands.
        step: how many threads there are.
    """
    n1, n2, n3 = layout.shape
    for band in range(first * LANES, last, step * LANES):
        columns_to_grid(layout, work, orbitals, band, last)
        for z in range(n3):
            plane_to_grid(layout, work, z)
            for y in range(n2):
                call_product(layout.product, work.plane, y * POINT, layout.row, potential, (z * n2 + y) * n1)
            plane_to_waves(layout, work, z)
        columns_to_waves(layout, work, result, band, last)


@compiled
def add_densities(
    layout: Layout,
    work: TransformWork,
    orbitals: Singles,
    weights: Singles,
    density: Singles,
    first: int,
    last: int,
    step: int,
) -> None:
    """Add weights times |psi|² of every ``step``-th vector of bands from ``first`` on.

    Args:
        layout: of the k-point.
        work: of this thread.
        orbitals: plane-wave coefficients, real and imaginary parts in turn, shape (bands, 2 n).
        weights: of the orbitals, filled with zeros to whole vectors.
        density: by third, second and first axis.
        first: the first vector of bands.
        last: the number of bands.
        step: how many threads there are.
    """
    n1, n2, n3 = layout.shape
    for band in range(first * LANES, last, step * LANES):
        columns_to_grid(layout, work, orbitals, band, last)
        for z in range(n3):
            plane_to_grid(layout, work, z)
            for y in range(n2):
                call_square(layout.square, work.plane, y * POINT, layout.row, weights, band, density, (z * n2 + y) * n1)
