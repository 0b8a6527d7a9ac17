"""What compiled code is written with: functions, numbers and loops in LLVM's language.

Comes in: a builder of llvmlite. Goes out: values of the code that is written.
"""

from collections.abc import Callable, Sequence

from llvmlite import ir

INT = ir.IntType(64)

Values = list[ir.Value]


def function_of(name: str, kinds: Sequence[ir.Type]) -> ir.Function:
    """Return a function without a body, in a module of its own, that returns nothing.

    Parameters
    ----------
    name : str
        Of the function and the module.
    kinds : sequence of llvmlite.ir.Type
        Of its arguments; places in memory don't overlap.
    """
    function = ir.Function(ir.Module(name), ir.FunctionType(ir.VoidType(), kinds), name)
    for argument in function.args:
        if isinstance(argument.type, ir.PointerType):
            argument.add_attribute("noalias")
    return function


def number(value: int) -> ir.Constant:
    """Return a whole number of 64 bits."""
    return ir.Constant(INT, value)


def repeat(
    b: ir.IRBuilder,
    start: int | ir.Value,
    stop: ir.Value,
    carried: Sequence[ir.Value],
    body: Callable[[ir.Value, Values], Values],
    *,
    step: int = 1,
) -> Values:
    """Repeat a body for start, start + step, ... below stop; return what it carries on.

    Parameters
    ----------
    b : llvmlite.ir.IRBuilder
        Left behind the loop.
    start, stop : int or value, value
        Whole numbers of 64 bits; the body doesn't run where start is not below stop.
    carried : sequence of value
        What the body sees the first time, and what comes out where it doesn't run.
    body : callable
        Takes the number and the values that are carried; returns those of the next time.
    step : int > 0
        From one number to the next.
    """
    start = number(start) if isinstance(start, int) else start
    before, function = b.block, b.function
    inside, after = function.append_basic_block(), function.append_basic_block()
    b.cbranch(b.icmp_signed("<", start, stop), inside, after)
    b.position_at_end(inside)
    index = b.phi(INT)
    index.add_incoming(start, before)
    held = [b.phi(value.type) for value in carried]
    for place, value in zip(held, carried, strict=True):
        place.add_incoming(value, before)
    found = body(index, held)
    following = b.add(index, number(step))
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
