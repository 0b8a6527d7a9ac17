"""The code that `extremes` compiles, in LLVM's language.

Comes in: nothing. Goes out: a function of memory alone, with samples, how many there are, and the
places for what comes out: the lowest and the highest sample (float32), and how many samples have
the value of each (int64).
"""

from llvmlite import ir

from pygoodvibes.util.code_writing import INT, Values, function_of, number, repeat

NAME = "extremes"

GROUP = 8
BLOCK = 4 * GROUP
"""Samples at a time. Four registers for each extreme: one waits for its last comparison."""

_FLOAT = ir.FloatType()
_VECTOR, _COUNTS = ir.VectorType(_FLOAT, GROUP), ir.VectorType(ir.IntType(32), GROUP)
_NONE = ir.Constant(_COUNTS, [0] * GROUP)
_SWAPS = ([4, 5, 6, 7, 0, 1, 2, 3], [2, 3, 0, 1, 6, 7, 4, 5], [1, 0, 3, 2, 5, 4, 7, 6])


def write() -> str:
    """Return the code."""
    floats, counts = _FLOAT.as_pointer(), INT.as_pointer()
    function = function_of(NAME, [floats, INT, floats, counts])
    signal, n_samples, extremes, found = function.args
    b = ir.IRBuilder(function.append_basic_block())
    last = b.sub(n_samples, number(BLOCK))

    def block(start: ir.Value) -> Values:
        places = [b.gep(signal, [b.add(start, number(one))]) for one in range(0, BLOCK, GROUP)]
        return [b.load(b.bitcast(place, _VECTOR.as_pointer()), align=4) for place in places]

    def compare(start: ir.Value, carried: Values) -> Values:
        # the last block overlaps the one before it, which changes no extreme
        values = block(b.select(b.icmp_signed("<", start, last), start, last))
        lower = [_of(b, "<", *pair) for pair in zip(values, carried[:4], strict=True)]
        higher = [_of(b, ">", *pair) for pair in zip(values, carried[4:], strict=True)]
        return [*lower, *higher]

    compared = repeat(b, 0, n_samples, [*block(number(0))] * 2, compare, step=BLOCK)
    lowest, highest = _all(b, "<", compared[:4]), _all(b, ">", compared[4:])

    def count(start: ir.Value, carried: Values) -> Values:
        for value in block(start):
            carried = [
                b.sub(sum_, b.sext(b.fcmp_ordered("==", value, extreme), _COUNTS))
                for sum_, extreme in zip(carried, (lowest, highest), strict=True)
            ]
        return carried

    def count_one(place: ir.Value, carried: Values) -> Values:
        value = b.load(b.gep(signal, [place]))
        return [
            b.add(sum_, b.zext(b.fcmp_ordered("==", value, _lane(b, extreme, 0)), INT))
            for sum_, extreme in zip(carried, (lowest, highest), strict=True)
        ]

    whole = b.and_(n_samples, number(-BLOCK))
    in_blocks = repeat(b, 0, whole, [_NONE, _NONE], count, step=BLOCK)
    totals = repeat(b, whole, n_samples, [number(0), number(0)], count_one)
    for place, (extreme, by_lane, rest) in enumerate(
        zip((lowest, highest), in_blocks, totals, strict=True)
    ):
        for lane in range(GROUP):
            rest = b.add(rest, b.zext(_lane(b, by_lane, lane), INT))
        b.store(_lane(b, extreme, 0), b.gep(extremes, [number(place)]))
        b.store(rest, b.gep(found, [number(place)]))
    b.ret_void()
    return str(function.module)


def _of(b: ir.IRBuilder, order: str, one: ir.Value, other: ir.Value) -> ir.Value:
    """Return number by number the one that comes first in an order, '<' or '>'."""
    return b.select(b.fcmp_ordered(order, one, other), one, other)


def _all(b: ir.IRBuilder, order: str, values: Values) -> ir.Value:
    """Return a register that holds what comes first in an order of all numbers of several."""
    first = values[0]
    for value in values[1:]:
        first = _of(b, order, value, first)
    for swap in _SWAPS:
        swapped = b.shuffle_vector(first, first, ir.Constant(_COUNTS, swap))
        first = _of(b, order, swapped, first)
    return first


def _lane(b: ir.IRBuilder, value: ir.Value, lane: int) -> ir.Value:
    return b.extract_element(value, ir.Constant(ir.IntType(32), lane))
