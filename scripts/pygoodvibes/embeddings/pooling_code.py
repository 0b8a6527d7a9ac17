"""The code of the pooling kernel, in LLVM's language: what `pooling_kernel` compiles.

Comes in: nothing. Goes out: a function of memory alone, with the values frame by frame, how many
frames and columns there are, and the places for what comes out: three rows of float64 (mean, sum of
squared deviations, sum of absolute steps) and one of float32 (maximum).
"""

from llvmlite import ir

from pygoodvibes.util.code_writing import INT, Values, function_of, number, repeat

GROUP = 8

_FLOAT, _DOUBLE = ir.FloatType(), ir.DoubleType()
_NARROW, _WIDE = ir.VectorType(_FLOAT, GROUP), ir.VectorType(_DOUBLE, GROUP)
_BITS = ir.VectorType(ir.IntType(32), GROUP)
_NO_SIGN = ir.Constant(_BITS, [0x7FFFFFFF] * GROUP)


def write() -> str:
    """Return the code."""
    floats, doubles = _FLOAT.as_pointer(), _DOUBLE.as_pointer()
    function = function_of("moments", [floats, INT, INT, doubles, floats])
    values, n_frames, k, sums, maximum = function.args
    b = ir.IRBuilder(function.append_basic_block())
    last = b.sub(k, number(GROUP))

    def group(start: ir.Value, _: Values) -> Values:
        # the last columns are computed twice where k is no multiple of the group
        column = b.select(b.icmp_signed("<", start, last), start, last)

        def frame(row: ir.Value) -> ir.Value:
            place = b.gep(values, [b.add(b.mul(row, k), column)])
            return b.load(b.bitcast(place, _NARROW.as_pointer()), align=4)

        def add_up(row: ir.Value, carried: Values) -> Values:
            total, highest, steps, before = carried
            now = frame(row)
            change = b.and_(b.bitcast(b.fsub(now, before), _BITS), _NO_SIGN)
            # NaN is the maximum of all, as in NumPy
            higher = b.or_(b.fcmp_ordered(">", now, highest), b.fcmp_unordered("uno", now, now))
            return [
                b.fadd(total, b.fpext(now, _WIDE)),
                b.select(higher, now, highest),
                b.fadd(steps, b.fpext(b.bitcast(change, _NARROW), _WIDE)),
                now,
            ]

        first = frame(number(0))
        wide = b.fpext(first, _WIDE)
        nothing = ir.Constant(_WIDE, [0.0] * GROUP)
        total, highest, steps, _ = repeat(b, 1, n_frames, [wide, first, nothing, first], add_up)
        mean = b.fdiv(total, _spread(b, b.sitofp(n_frames, _DOUBLE)))

        def squared(value: ir.Value) -> ir.Value:
            deviation = b.fsub(b.fpext(value, _WIDE), mean)
            return b.fmul(deviation, deviation)

        def add_squares(row: ir.Value, carried: Values) -> Values:
            return [b.fadd(carried[0], squared(frame(row)))]

        [squares] = repeat(b, 1, n_frames, [squared(first)], add_squares)
        for row, result in enumerate((mean, squares, steps)):
            place = b.gep(sums, [b.add(b.mul(number(row), k), column)])
            b.store(result, b.bitcast(place, _WIDE.as_pointer()), align=8)
        place = b.bitcast(b.gep(maximum, [column]), _NARROW.as_pointer())
        b.store(highest, place, align=4)
        return []

    repeat(b, 0, k, [], group, step=GROUP)
    b.ret_void()
    return str(function.module)


def _spread(b: ir.IRBuilder, value: ir.Value) -> ir.Value:
    """Return a register that holds a number eight times."""
    place = ir.Constant(ir.IntType(32), 0)
    one = b.insert_element(ir.Constant(_WIDE, ir.Undefined), value, place)
    return b.shuffle_vector(one, one, ir.Constant(_BITS, [0] * GROUP))
