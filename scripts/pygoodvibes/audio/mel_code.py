"""The code of the mel kernel, in LLVM's language: what `mel_kernel` compiles.

Comes in: nothing. Goes out: a function of memory alone, with the signal, how far frames lie apart,
how many there are, their size, how many bands there are, the tables of a `Plan` in its order, the
place for the result, and a place to compute in.
"""

from collections.abc import Callable, Sequence

from llvmlite import ir

from pygoodvibes.audio.mel_plan import GROUP
from pygoodvibes.util.code_writing import INT, function_of, number

NAME = "band_power"

FLOAT, SHORT = ir.FloatType(), ir.IntType(32)
VECTOR = ir.VectorType(FLOAT, GROUP)
_BYTES = 4 * GROUP

Complex = tuple[ir.Value, ir.Value]


def write() -> str:
    """Return the code."""
    floats, shorts = FLOAT.as_pointer(), SHORT.as_pointer()
    kinds = [floats, INT, INT, INT, INT]  # signal, hop length, frames, n_fft, bands
    kinds += [floats, floats, shorts, floats]  # taper, twiddles, places, turns
    kinds += [shorts, shorts, floats, floats, floats]  # first, starts, weights, result, memory
    function = function_of(NAME, kinds)
    _Writer(function).write()
    return str(function.module)


class _Writer:
    """Writes one function.

    Parameters
    ----------
    function : llvmlite.ir.Function
        Without a body.
    """

    def __init__(self, function: ir.Function):
        self.function = function
        self.b = ir.IRBuilder(function.append_basic_block())
        (
            self.signal,
            self.hop_length,
            self.n_frames,
            self.n_fft,
            self.n_bands,
            self.taper,
            self.twiddles,
            self.places,
            self.turns,
            self.first,
            self.starts,
            self.weights,
            self.result,
            memory,
        ) = function.args
        self.points = self.b.lshr(self.n_fft, number(1))
        # a complex value is two registers, real and imaginary part
        self.values = self.b.bitcast(memory, VECTOR.as_pointer())
        self.squares = self.b.gep(self.values, [self.n_fft])
        self.bands = self.b.gep(self.squares, [self.b.add(self.points, number(1))])

    def write(self) -> None:
        """Write the whole: groups of frames, one after the other."""
        self.loop(number(0), self.n_frames, number(GROUP), self.group)
        self.b.ret_void()

    # what LLVM has no word for

    def loop(
        self, start: ir.Value, stop: ir.Value, step: ir.Value, body: Callable[[ir.Value], None]
    ) -> None:
        """Repeat a body for start, start + step, ... below stop; not at all if there is none."""
        b = self.b
        before = b.block
        inside, after = self.function.append_basic_block(), self.function.append_basic_block()
        b.cbranch(b.icmp_signed("<", start, stop), inside, after)
        b.position_at_end(inside)
        index = b.phi(INT)
        index.add_incoming(start, before)
        body(index)
        following = b.add(index, step)
        index.add_incoming(following, b.block)
        b.cbranch(b.icmp_signed("<", following, stop), inside, after)
        b.position_at_end(after)

    def load(self, place: ir.Value, index: ir.Value) -> ir.Value:
        """Load the register with a number from our own memory, which begins at its size."""
        return self.b.load(self.b.gep(place, [index]), align=_BYTES)

    def store(self, value: ir.Value, place: ir.Value, index: ir.Value) -> None:
        """Store into the register with a number."""
        self.b.store(value, self.b.gep(place, [index]), align=_BYTES)

    def load_complex(self, index: ir.Value) -> Complex:
        """Load the complex value with a number."""
        place = self.b.shl(index, number(1))
        return self.load(self.values, place), self.load(self.values, self.b.add(place, number(1)))

    def store_complex(self, value: Complex, index: ir.Value) -> None:
        """Store the complex value with a number."""
        place = self.b.shl(index, number(1))
        self.store(value[0], self.values, place)
        self.store(value[1], self.values, self.b.add(place, number(1)))

    def load_eight(self, place: ir.Value) -> ir.Value:
        """Load eight numbers in a row from anywhere."""
        return self.b.load(self.b.bitcast(place, VECTOR.as_pointer()), align=4)

    def spread(self, table: ir.Value, index: ir.Value) -> ir.Value:
        """Load one number of a table into all of a register."""
        b = self.b
        loaded = b.load(b.gep(table, [index]))
        one = b.insert_element(ir.Constant(VECTOR, ir.Undefined), loaded, ir.Constant(SHORT, 0))
        return self.shuffle(one, one, [0] * GROUP)

    def integer(self, table: ir.Value, index: ir.Value) -> ir.Value:
        """Load a whole number of a table."""
        return self.b.sext(self.b.load(self.b.gep(table, [index])), INT)

    def shuffle(self, a: ir.Value, b: ir.Value, order: Sequence[int]) -> ir.Value:
        """Pick numbers of two registers."""
        return self.b.shuffle_vector(a, b, ir.Constant(ir.VectorType(SHORT, GROUP), order))

    def transpose(self, rows: Sequence[ir.Value]) -> list[ir.Value]:
        """Turn eight registers into those with their first, second, ... numbers."""
        pairs = []
        for a, b in zip(rows[::2], rows[1::2], strict=True):
            pairs.append(self.shuffle(a, b, [0, 8, 1, 9, 4, 12, 5, 13]))
            pairs.append(self.shuffle(a, b, [2, 10, 3, 11, 6, 14, 7, 15]))
        fours = []
        for a, b, c, d in (pairs[:4], pairs[4:]):
            for left, right in ((a, c), (b, d)):
                fours.append(self.shuffle(left, right, [0, 1, 8, 9, 4, 5, 12, 13]))
                fours.append(self.shuffle(left, right, [2, 3, 10, 11, 6, 7, 14, 15]))
        halves = ([0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15])
        return [
            self.shuffle(a, b, half)
            for half in halves
            for a, b in zip(fours[:4], fours[4:], strict=True)
        ]

    def plus(self, a: Complex, b: Complex) -> Complex:
        return self.b.fadd(a[0], b[0]), self.b.fadd(a[1], b[1])

    def minus(self, a: Complex, b: Complex) -> Complex:
        return self.b.fsub(a[0], b[0]), self.b.fsub(a[1], b[1])

    def square(self, a: Complex) -> ir.Value:
        """Return the squared magnitude."""
        return self.b.fadd(self.b.fmul(a[0], a[0]), self.b.fmul(a[1], a[1]))

    # what is computed

    def group(self, asked: ir.Value) -> None:
        """Compute eight frames; the last eight overlap those before them."""
        b = self.b
        last = b.sub(self.n_frames, number(GROUP))
        frame = b.select(b.icmp_signed("<", asked, last), asked, last)
        start = b.gep(self.signal, [b.mul(frame, self.hop_length)])
        rows = [b.gep(start, [b.mul(self.hop_length, number(row))]) for row in range(GROUP)]

        def taper(sample: ir.Value) -> None:
            window = self.load_eight(b.gep(self.taper, [sample]))
            samples = [
                b.fmul(self.load_eight(b.gep(row, [sample])), window) for row in rows
            ]  # the window is multiplied before samples of eight frames come together
            for place, value in enumerate(self.transpose(samples)):
                self.store(value, self.values, b.add(sample, number(place)))

        self.loop(number(0), self.n_fft, number(GROUP), taper)
        self.transform()
        self.split()
        self.sum_bands(b.gep(self.result, [b.mul(frame, self.n_bands)]))

    def transform(self) -> None:
        """Transform the complex values in place: one pass of two if need be, then of four."""
        b = self.b
        # powers of four have their one bit at an even place
        of_four = b.icmp_signed("!=", b.and_(self.points, number(0x5555555555555555)), number(0))
        half = b.lshr(self.points, number(1))
        stop = b.select(of_four, number(0), half)
        self.loop(number(0), stop, number(1), lambda position: self.two(position, half))
        self.offset = b.select(of_four, number(0), self.points)
        first_length = b.select(of_four, self.points, half)

        before = b.block
        inside, after = self.function.append_basic_block(), self.function.append_basic_block()
        b.branch(inside)
        b.position_at_end(inside)
        length, offset = b.phi(INT), b.phi(INT)
        length.add_incoming(first_length, before)
        offset.add_incoming(self.offset, before)
        step = b.lshr(length, number(2))
        # the factors of the first position are one
        self.four(number(0), step, length, None)
        self.loop(
            number(1), step, number(1), lambda position: self.four(position, step, length, offset)
        )
        offset.add_incoming(b.add(offset, b.mul(step, number(6))), b.block)
        length.add_incoming(step, b.block)
        b.cbranch(b.icmp_signed(">", step, number(1)), inside, after)
        b.position_at_end(after)

    def factor(self, place: ir.Value) -> Complex:
        """Load a factor of a pass."""
        return (
            self.spread(self.twiddles, place),
            self.spread(self.twiddles, self.b.add(place, number(1))),
        )

    def times(self, a: Complex, factor: Complex) -> Complex:
        b = self.b
        return (
            b.fsub(b.fmul(a[0], factor[0]), b.fmul(a[1], factor[1])),
            b.fadd(b.fmul(a[0], factor[1]), b.fmul(a[1], factor[0])),
        )

    def two(self, position: ir.Value, half: ir.Value) -> None:
        """Cut the whole into two parts, at one position."""
        other = self.b.add(position, half)
        factor = self.factor(self.b.shl(position, number(1)))
        first, second = self.load_complex(position), self.load_complex(other)
        self.store_complex(self.plus(first, second), position)
        self.store_complex(self.times(self.minus(first, second), factor), other)

    def four(
        self, position: ir.Value, step: ir.Value, length: ir.Value, offset: ir.Value | None
    ) -> None:
        """Cut each part of a length into four, at one position; without factors if no offset."""
        b = self.b
        factors = []
        if offset is not None:
            place = b.add(offset, b.mul(position, number(6)))
            factors = [self.factor(b.add(place, number(2 * part))) for part in range(3)]

        def part(start: ir.Value) -> None:
            index = b.add(start, position)
            indices = [b.add(index, b.mul(step, number(quarter))) for quarter in range(4)]
            values = [self.load_complex(one) for one in indices]
            even, odd = self.plus(values[0], values[2]), self.plus(values[1], values[3])
            even_rest, odd_rest = self.minus(values[0], values[2]), self.minus(values[1], values[3])
            found = [
                self.plus(even, odd),
                (b.fadd(even_rest[0], odd_rest[1]), b.fsub(even_rest[1], odd_rest[0])),
                self.minus(even, odd),
                (b.fsub(even_rest[0], odd_rest[1]), b.fadd(even_rest[1], odd_rest[0])),
            ]
            for place, factor in enumerate(factors, start=1):
                found[place] = self.times(found[place], factor)
            for value, one in zip(found, indices, strict=True):
                self.store_complex(value, one)

        self.loop(number(0), self.points, length, part)

    def split(self) -> None:
        """Split the spectrum of real frames from the complex one, and square it."""
        b = self.b
        re, im = self.load_complex(number(0))
        two = ir.Constant(VECTOR, [2.0] * GROUP)
        for value, place in ((b.fadd(re, im), number(0)), (b.fsub(re, im), self.points)):
            double = b.fmul(two, value)
            self.store(b.fmul(double, double), self.squares, place)

        def one(low: ir.Value) -> None:
            high = b.sub(self.points, low)
            a = self.load_complex(self.integer(self.places, low))
            c = self.load_complex(self.integer(self.places, high))
            turn = b.shl(low, number(1))
            cosine = self.spread(self.turns, turn)
            sine = self.spread(self.turns, b.add(turn, number(1)))
            even = b.fadd(a[0], c[0]), b.fsub(a[1], c[1])
            odd = b.fadd(a[1], c[1]), b.fsub(c[0], a[0])
            turned = (
                b.fadd(b.fmul(cosine, odd[0]), b.fmul(sine, odd[1])),
                b.fsub(b.fmul(cosine, odd[1]), b.fmul(sine, odd[0])),
            )
            self.store(self.square(self.plus(even, turned)), self.squares, low)
            self.store(self.square(self.minus(even, turned)), self.squares, high)

        stop = b.add(b.lshr(self.points, number(1)), number(1))
        self.loop(number(1), stop, number(1), one)

    def sum_bands(self, result: ir.Value) -> None:
        """Sum the squares of each band, and write eight bands of eight frames at a time."""
        b = self.b

        def eight(band: ir.Value) -> None:
            self.loop(number(0), number(GROUP), number(1), lambda one: self.sum_band(band, one))
            sums = [self.load(self.bands, number(place)) for place in range(GROUP)]
            for row, value in enumerate(self.transpose(sums)):
                place = b.gep(result, [b.add(b.mul(self.n_bands, number(row)), band)])
                b.store(value, b.bitcast(place, VECTOR.as_pointer()), align=4)

        self.loop(number(0), self.n_bands, number(GROUP), eight)

    def sum_band(self, group: ir.Value, place: ir.Value) -> None:
        """Sum the squares of one band; it has at least one."""
        b = self.b
        band = b.add(group, place)
        start, stop = (
            self.integer(self.starts, band),
            self.integer(self.starts, b.add(band, number(1))),
        )
        bins = b.gep(self.squares, [b.sub(self.integer(self.first, band), start)])
        before = b.block
        inside, after = self.function.append_basic_block(), self.function.append_basic_block()
        b.branch(inside)
        b.position_at_end(inside)
        index, total = b.phi(INT), b.phi(VECTOR)
        index.add_incoming(start, before)
        total.add_incoming(ir.Constant(VECTOR, [0.0] * GROUP), before)
        summed = b.fadd(total, b.fmul(self.spread(self.weights, index), self.load(bins, index)))
        following = b.add(index, number(1))
        index.add_incoming(following, inside)
        total.add_incoming(summed, inside)
        b.cbranch(b.icmp_signed("<", following, stop), inside, after)
        b.position_at_end(after)
        self.store(summed, self.bands, place)
