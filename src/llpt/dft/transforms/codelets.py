"""Short Fourier transforms as straight machine code, one vector register of bands at a time.

y_k = sum_j x_j exp(± 2 pi i j k / n) for n of a few tens: decimation in time with radices 4, 3, 5, 7 and 2, unrolled
to the last addition, written for LLVM as operations on vectors of ``LANES`` bands. The sphere of plane waves fills
little more than half of each axis of the grid: inputs known to be zero and outputs nobody asks for cost nothing, since
additions of zeros are left out here and unused results by the compiler. (J. W. Cooley and J. W. Tukey, Math. Comput.
19, 297 (1965); M. Frigo, PLDI 1999, for transforms written by a program.)

A point is LANES real parts followed by LANES imaginary parts, ``POINT`` floats in all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

import llvmlite.binding as llvm  # type: ignore[import-untyped]
import numpy as np
from llvmlite import ir

LANES = 8
POINT = 2 * LANES

_REAL = ir.FloatType()
_POINTER = _REAL.as_pointer()
_LANES = ir.VectorType(_REAL, LANES)
_INDEX = ir.IntType(64)
_ALIGNMENT = 4 * LANES
# Zeros have no sign here and sums may be contracted to fused multiply-adds; their order stays as written.
_FLAGS = ("nsz", "contract")


class Sign(IntEnum):
    """Sign of the exponent."""

    TO_GRID = 1
    TO_PLANE_WAVES = -1


class _Complex(NamedTuple):
    """Values of the code being written; None is a zero known in advance."""

    real: Any
    imaginary: Any


_ZERO = _Complex(None, None)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes arithmetic on complex vectors, leaving out what is known to be zero.

    Args:
        builder: where the instructions go.
        sign: of the exponent.
    """

    builder: Any
    sign: Sign

    def plus(self, a: Any, b: Any) -> Any:
        if a is None or b is None:
            return b if a is None else a
        return self.builder.fadd(a, b, flags=_FLAGS)

    def minus(self, a: Any, b: Any) -> Any:
        if b is None:
            return a
        return self.builder.fneg(b) if a is None else self.builder.fsub(a, b, flags=_FLAGS)

    def times(self, a: Any, factor: float) -> Any:
        if a is None:
            return None
        constant = ir.Constant(_LANES, [float(np.float32(factor))] * LANES)
        return self.builder.fmul(a, constant, flags=_FLAGS)

    def add(self, a: _Complex, b: _Complex) -> _Complex:
        return _Complex(self.plus(a.real, b.real), self.plus(a.imaginary, b.imaginary))

    def subtract(self, a: _Complex, b: _Complex) -> _Complex:
        return _Complex(self.minus(a.real, b.real), self.minus(a.imaginary, b.imaginary))

    def scale(self, a: _Complex, factor: float) -> _Complex:
        return _Complex(self.times(a.real, factor), self.times(a.imaginary, factor))

    def add_i_times(self, a: _Complex, b: _Complex, sign: int) -> _Complex:
        """Return a + sign i b."""
        if sign > 0:
            return _Complex(self.minus(a.real, b.imaginary), self.plus(a.imaginary, b.real))
        return _Complex(self.plus(a.real, b.imaginary), self.minus(a.imaginary, b.real))

    def turn(self, a: _Complex, power: int, n: int) -> _Complex:
        """Return a exp(± 2 pi i power / n)."""
        power %= n
        if power == 0 or a == _ZERO:
            return a
        if 4 * power in {n, 3 * n}:
            return self.add_i_times(_ZERO, a, self.sign if 4 * power == n else -self.sign)
        angle = self.sign * 2.0 * math.pi * power / n
        c, s = math.cos(angle), math.sin(angle)
        return _Complex(
            self.minus(self.times(a.real, c), self.times(a.imaginary, s)),
            self.plus(self.times(a.real, s), self.times(a.imaginary, c)),
        )

    def butterfly(self, x: list[_Complex]) -> list[_Complex]:
        """Return the transform of 2, 4 or an odd prime number of values."""
        p = len(x)
        if p == 2:
            return [self.add(x[0], x[1]), self.subtract(x[0], x[1])]
        if p == 4:
            even = self.add(x[0], x[2]), self.subtract(x[0], x[2])
            odd = self.add(x[1], x[3]), self.subtract(x[1], x[3])
            return [
                self.add(even[0], odd[0]),
                self.add_i_times(even[1], odd[1], self.sign),
                self.subtract(even[0], odd[0]),
                self.add_i_times(even[1], odd[1], -self.sign),
            ]
        half = range(1, (p - 1) // 2 + 1)
        sums = [self.add(x[j], x[p - j]) for j in half]
        differences = [self.subtract(x[j], x[p - j]) for j in half]
        out = [x[0]] * p
        for value in sums:
            out[0] = self.add(out[0], value)
        for k in half:
            cosines, sines = x[0], _ZERO
            for j in half:
                angle = 2.0 * math.pi * j * k / p
                cosines = self.add(cosines, self.scale(sums[j - 1], math.cos(angle)))
                sines = self.add(sines, self.scale(differences[j - 1], math.sin(angle)))
            out[k] = self.add_i_times(cosines, sines, self.sign)
            out[p - k] = self.add_i_times(cosines, sines, -self.sign)
        return out

    def transform(self, x: list[_Complex]) -> list[_Complex]:
        """Return the transform of all values."""
        n = len(x)
        if n == 1 or all(value == _ZERO for value in x):
            return x
        radix = 4 if n % 4 == 0 else next(p for p in (3, 5, 7, 2) if n % p == 0)
        parts = [self.transform(x[start::radix]) for start in range(radix)]
        step = n // radix
        out = [_ZERO] * n
        for k in range(step):
            turned = [self.turn(part[k], r * k, n) for r, part in enumerate(parts)]
            for q, value in enumerate(self.butterfly(turned)):
                out[k + q * step] = value
        return out


class _Machine:
    """The compiler of this processor, and the code it has made."""

    def __init__(self) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        target = llvm.Target.from_default_triple()
        features = llvm.get_host_cpu_features().flatten()
        self.machine = target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3)
        self.engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self.machine)

    def address(self, module: Any, name: str) -> int:
        """Compile a module and return the address of its function."""
        parsed = llvm.parse_assembly(str(module))
        parsed.verify()
        self.engine.add_module(parsed)
        self.engine.finalize_object()
        return int(self.engine.get_function_address(name))


@lru_cache(maxsize=1)
def _machine() -> _Machine:
    return _Machine()


class _Function:
    """A function being written: its blocks of code, and where points lie in memory.

    Args:
        name: unique in the process.
        arguments: types.
    """

    def __init__(self, name: str, arguments: tuple[Any, ...]) -> None:
        self.name = name
        self.module = ir.Module()
        self.function = ir.Function(self.module, ir.FunctionType(ir.VoidType(), arguments), name)
        for argument in self.function.args:
            if isinstance(argument.type, ir.PointerType):
                argument.add_attribute("noalias")
        self.builder = ir.IRBuilder(self.function.append_basic_block())

    def load(self, base: Any, step: Any, points: int) -> list[_Complex]:
        """Read points, ``step`` floats apart."""
        return [
            _Complex(*(self.builder.load(self._place(base, step, index, part), align=_ALIGNMENT) for part in range(2)))
            for index in range(points)
        ]

    def store(self, values: list[_Complex], base: Any, step: Any) -> None:
        """Write points, ``step`` floats apart."""
        nothing = ir.Constant(_LANES, [0.0] * LANES)
        for index, value in enumerate(values):
            for part in range(2):
                written = nothing if value[part] is None else value[part]
                self.builder.store(written, self._place(base, step, index, part), align=_ALIGNMENT)

    def scalar(self, base: Any, index: int) -> Any:
        """Return the address of a float."""
        return self.builder.gep(base, [_INDEX(index)])

    def lanes(self, base: Any) -> Any:
        """Read one vector that need not be aligned."""
        return self.builder.load(self.builder.bitcast(base, _LANES.as_pointer()), align=4)

    def finish(self) -> int:
        """Compile and return the address."""
        self.builder.ret_void()
        return _machine().address(self.module, self.name)

    def _place(self, base: Any, step: Any, index: int, part: int) -> Any:
        offset = self.builder.add(self.builder.mul(step, _INDEX(index)), _INDEX(part * LANES))
        return self.builder.bitcast(self.builder.gep(base, [offset]), _LANES.as_pointer())


@lru_cache(maxsize=256)
def transform(n: int, inputs: int, outputs: int, sign: Sign) -> int:
    """Return the address of a transform: void(float *from, i64 step, float *to, i64 step).

    Args:
        n: length; no prime factor above 7.
        inputs: the first so many points are read, the others are zero.
        outputs: the first so many points are written.
        sign: of the exponent.

    Steps are in floats between neighbouring points, which are aligned to their LANES floats.
    """
    code = _Function(f"transform_{n}_{inputs}_{outputs}_{'grid' if sign > 0 else 'waves'}", (_POINTER, _INDEX) * 2)
    source, source_step, target, target_step = code.function.args
    values = code.load(source, source_step, inputs) + [_ZERO] * (n - inputs)
    code.store(_Writer(code.builder, sign).transform(values)[:outputs], target, target_step)
    return code.finish()


@lru_cache(maxsize=256)
def product(n: int, width: int) -> int:
    """Return the address of: to the grid, times a real field, back: void(float *points, i64 step, float *field).

    Args:
        n: length; no prime factor above 7.
        width: the first so many points are read and written, the others are zero.
    """
    code = _Function(f"product_{n}_{width}", (_POINTER, _INDEX, _POINTER))
    points, step, field = code.function.args
    builder = code.builder
    values = code.load(points, step, width) + [_ZERO] * (n - width)
    multiplied = []
    for index, value in enumerate(_Writer(builder, Sign.TO_GRID).transform(values)):
        one = builder.insert_element(
            ir.Constant(_LANES, ir.Undefined), builder.load(code.scalar(field, index)), _INDEX(0)
        )
        factor = builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))
        multiplied.append(_Complex(*(builder.fmul(part, factor, flags=_FLAGS) for part in value)))
    code.store(_Writer(builder, Sign.TO_PLANE_WAVES).transform(multiplied)[:width], points, step)
    return code.finish()


@lru_cache(maxsize=256)
def square(n: int, width: int) -> int:
    """Return the address of: to the grid, and add the weighted squares of all lanes to a real field.

    void(float *points, i64 step, float *weights, float *field), with a weight for each lane.

    Args:
        n: length; no prime factor above 7.
        width: the first so many points are read, the others are zero.
    """
    code = _Function(f"square_{n}_{width}", (_POINTER, _INDEX, _POINTER, _POINTER))
    points, step, weights, field = code.function.args
    builder = code.builder
    values = code.load(points, step, width) + [_ZERO] * (n - width)
    weight = code.lanes(weights)
    kind = ir.FunctionType(_REAL, (_REAL, _LANES))
    summed = ir.Function(code.module, kind, f"llvm.vector.reduce.fadd.v{LANES}f32")
    for index, value in enumerate(_Writer(builder, Sign.TO_GRID).transform(values)):
        squares = [builder.fmul(part, part, flags=_FLAGS) for part in value]
        terms = builder.fmul(builder.fadd(*squares, flags=_FLAGS), weight, flags=_FLAGS)
        place = code.scalar(field, index)
        total = builder.call(summed, (builder.load(place), terms), fastmath=("reassoc",))
        builder.store(total, place)
    return code.finish()
