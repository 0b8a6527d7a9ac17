"""The code that `adam` compiles, in LLVM's language.

Comes in: nothing. Goes out: a function of memory alone, with values, their gradient, the means of
gradients and of squares, six constants (all float32), and how many values there are.
"""

from llvmlite import ir

from pygoodvibes.detectors.adam import GROUP
from pygoodvibes.util.code_writing import INT, Values, function_of, number, repeat

NAME = "adam"

_FLOAT = ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, GROUP)


def write() -> str:
    """Return the code."""
    function = function_of(NAME, [_FLOAT.as_pointer()] * 5 + [INT])
    values, gradient, mean, square, constants, count = function.args
    b = ir.IRBuilder(function.append_basic_block())
    # an operation of the processor, of a whole register
    of_vector = ir.FunctionType(_VECTOR, [_VECTOR])
    root = ir.Function(function.module, of_vector, f"llvm.sqrt.v{GROUP}f32")

    def constant(place: int) -> ir.Value:
        value = b.load(b.gep(constants, [number(place)]))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), GROUP), [0] * GROUP)
        one = b.insert_element(ir.Constant(_VECTOR, ir.Undefined), value, ir.Constant(INT, 0))
        return b.shuffle_vector(one, one, lanes)

    first, of_new, second, of_new_square, epsilon, rate = map(constant, range(6))

    def change(start: ir.Value, _: Values) -> Values:
        places = [
            b.bitcast(b.gep(part, [start]), _VECTOR.as_pointer())
            for part in (values, gradient, mean, square)
        ]
        own, new, remembered, squares = (b.load(place, align=4) for place in places)
        remembered = b.fadd(b.fmul(remembered, first), b.fmul(of_new, new))
        squares = b.fadd(b.fmul(squares, second), b.fmul(b.fmul(new, new), of_new_square))
        away = b.fdiv(remembered, b.fadd(b.call(root, [squares]), epsilon))
        own = b.fsub(own, b.fmul(away, rate))
        for place, value in zip(
            (places[0], places[2], places[3]), (own, remembered, squares), strict=True
        ):
            b.store(value, place, align=4)
        return []

    repeat(b, 0, count, [], change, step=GROUP)
    b.ret_void()
    return str(function.module)
