"""The code that `pcm` compiles, in LLVM's language.

Comes in: nothing. Goes out: a function of memory alone, with samples (int16), how many there are,
and the places for what comes out: the amplitudes (float32), and the lowest and the highest sample
of each lane (int16).
"""

from llvmlite import ir

from pygoodvibes.util.code_writing import INT, Values, function_of, number, repeat

NAME = "amplitudes"

GROUP = 16
"""Samples at a time."""

_SHORT, _FLOAT = ir.IntType(16), ir.FloatType()
_SAMPLES = ir.VectorType(_SHORT, GROUP)
_LONG, _FLOATS = ir.VectorType(ir.IntType(32), GROUP), ir.VectorType(_FLOAT, GROUP)
_UNIT = ir.Constant(_FLOATS, [1 / 32768] * GROUP)


def write() -> str:
    """Return the code."""
    shorts, floats = _SHORT.as_pointer(), _FLOAT.as_pointer()
    function = function_of(NAME, [shorts, INT, floats, shorts])
    samples, n_samples, amplitudes, extremes = function.args
    b = ir.IRBuilder(function.append_basic_block())
    last = b.sub(n_samples, number(GROUP))

    def load(start: ir.Value) -> ir.Value:
        place = b.bitcast(b.gep(samples, [start]), _SAMPLES.as_pointer())
        return b.load(place, align=2)

    def convert(asked: ir.Value, carried: Values) -> Values:
        # the last samples are converted twice where there are no whole groups
        start = b.select(b.icmp_signed("<", asked, last), asked, last)
        value = load(start)
        amplitude = b.fmul(b.sitofp(b.sext(value, _LONG), _FLOATS), _UNIT)
        place = b.bitcast(b.gep(amplitudes, [start]), _FLOATS.as_pointer())
        b.store(amplitude, place, align=4)
        lowest, highest = carried
        return [
            b.select(b.icmp_signed("<", value, lowest), value, lowest),
            b.select(b.icmp_signed(">", value, highest), value, highest),
        ]

    found = repeat(b, 0, n_samples, [load(number(0))] * 2, convert, step=GROUP)
    for row, value in enumerate(found):
        place = b.gep(extremes, [number(row * GROUP)])
        b.store(value, b.bitcast(place, _SAMPLES.as_pointer()), align=2)
    b.ret_void()
    return str(function.module)
