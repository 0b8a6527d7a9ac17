"""The code of the pooling kernel, in LLVM's language: what `pooling_kernel` compiles.

Comes in: nothing. Goes out: a function of memory alone, with the values frame by frame, how many
frames and columns there are, and the places for what comes out: three rows of float64 (mean, sum of
squared deviations, sum of absolute steps) and one of float32 (maximum).
"""

from collections.abc import Callable, Sequence

from llvmlite import ir

GROUP = 8

_INT, _FLOAT, _DOUBLE = ir.IntType(64), ir.FloatType(), ir.DoubleType()
_NARROW, _WIDE = ir.VectorType(_FLOAT, GROUP), ir.VectorType(_DOUBLE, GROUP)
_BITS = ir.VectorType(ir.IntType(32), GROUP)
_NO_SIGN = ir.Constant(_BITS, [0x7FFFFFFF] * GROUP)

Values = list[ir.Value]


def write() -> str:
    """Return the code."""
    module = ir.Module("moments")
    floats, doubles = _FLOAT.as_pointer(), _DOUBLE.as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [floats, _INT, _INT, doubles, floats])
    function = ir.Function(module, kind, "moments")
    for argument in function.args:
        if isinstance(argument.type, ir.PointerType):
            argument.add_attribute("noalias")
    values, n_frames, k, sums, maximum = function.args
    b = ir.IRBuilder(function.append_basic_block())
    last = b.sub(k, _number(GROUP))

    def group(start: ir.Value, _: Values) -> Values:
        # the last columns are computed twice where k is no multiple of the group
        column = b.select(b.icmp_signed("<", start, last), start, last)

        def frame(number: ir.Value) -> ir.Value:
            place = b.gep(values, [b.add(b.mul(number, k), column)])
            return b.load(b.bitcast(place, _NARROW.as_pointer()), align=4)

        def add_up(number: ir.Value, carried: Values) -> Values:
            total, highest, steps, before = carried
            now = frame(number)
            change = b.and_(b.bitcast(b.fsub(now, before), _BITS), _NO_SIGN)
            # NaN is the maximum of all, as in NumPy
            higher = b.or_(b.fcmp_ordered(">", now, highest), b.fcmp_unordered("uno", now, now))
            return [
                b.fadd(total, b.fpext(now, _WIDE)),
                b.select(higher, now, highest),
                b.fadd(steps, b.fpext(b.bitcast(change, _NARROW), _WIDE)),
                now,
            ]

        first = frame(_number(0))
        wide = b.fpext(first, _WIDE)
        nothing = ir.Constant(_WIDE, [0.0] * GROUP)
        total, highest, steps, _ = _repeat(b, 1, n_frames, [wide, first, nothing, first], add_up)
        mean = b.fdiv(total, _spread(b, b.sitofp(n_frames, _DOUBLE)))

        def squared(value: ir.Value) -> ir.Value:
            deviation = b.fsub(b.fpext(value, _WIDE), mean)
            return b.fmul(deviation, deviation)

        def add_squares(number: ir.Value, carried: Values) -> Values:
            return [b.fadd(carried[0], squared(frame(number)))]

        [squares] = _repeat(b, 1, n_frames, [squared(first)], add_squares)
        for row, result in enumerate((mean, squares, steps)):
            place = b.gep(sums, [b.add(b.mul(_number(row), k), column)])
            b.store(result, b.bitcast(place, _WIDE.as_pointer()), align=8)
        place = b.bitcast(b.gep(maximum, [column]), _NARROW.as_pointer())
        b.store(highest, place, align=4)
        return []

    _repeat(b, 0, k, [], group, step=GROUP)
    b.ret_void()
    return str(module)


def _number(value: int) -> ir.Constant:
    return ir.Constant(_INT, value)


def _spread(b: ir.IRBuilder, number: ir.Value) -> ir.Value:
    """Return a register that holds a number eight times."""
    place = ir.Constant(ir.IntType(32), 0)
    one = b.insert_element(ir.Constant(_WIDE, ir.Undefined), number, place)
    return b.shuffle_vector(one, one, ir.Constant(_BITS, [0] * GROUP))


def _repeat(
    b: ir.IRBuilder,
    start: int,
    stop: ir.Value,
    carried: Sequence[ir.Value],
    body: Callable[[ir.Value, Values], Values],
    *,
    step: int = 1,
) -> Values:
    """Repeat a body for start, start + step, ... below stop; return what it carries on."""
    before, function = b.block, b.function
    inside, after = function.append_basic_block(), function.append_basic_block()
    b.cbranch(b.icmp_signed("<", _number(start), stop), inside, after)
    b.position_at_end(inside)
    index = b.phi(_INT)
    index.add_incoming(_number(start), before)
    held = [b.phi(value.type) for value in carried]
    for place, value in zip(held, carried, strict=True):
        place.add_incoming(value, before)
    found = body(index, held)
    following = b.add(index, _number(step))
    index.add_incoming(following, b.block)
    for place, value in zip(held, found, strict=True):
        place.add_incoming(value, b.block)
    end = b.block
    b.cbranch(b.icmp_signed("<", following, stop), inside, after)
    b.position_at_end(after)
    results = [b.phi(value.type) for value in carried]
    for place, value, untouched in zip(results, found, carried, strict=True):
        place.add_incoming(value, end)
        place.add_incoming(untouched, before)
    return results
