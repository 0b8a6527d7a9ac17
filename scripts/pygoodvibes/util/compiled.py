"""Code in LLVM's language, compiled when it is first needed.

Comes in: what writes the code. Goes out: a function of memory and numbers. It is compiled for any
processor with AVX2 (x86-64-v3), or for what LLVM takes for granted on another machine, so that the
same operations run everywhere. llvmlite, which does it, comes with librosa.
"""

import ctypes
import platform
from collections.abc import Callable

PROCESSOR = "x86-64-v3" if platform.machine().lower() in ("x86_64", "amd64") else ""
"""What code is compiled for; else for what LLVM takes for granted on this machine."""

_KINDS = {"p": ctypes.c_void_p, "n": ctypes.c_int64}


class Compiled:
    """A function that is compiled when it is first needed.

    Parameters
    ----------
    name : str
        Its name in the code.
    write : callable
        Returns the code. It may need llvmlite, and is called only where that is there.
    arguments : str
        A letter for each: 'p' a place in memory, 'n' a whole number.
    what : str
        What to call it in an error.
    """

    def __init__(self, name: str, write: Callable[[], str], arguments: str, *, what: str):
        self._what = what
        self._name, self._write, self._arguments = name, write, arguments
        self._function: Callable | None = None
        self._tried = False
        self._asked_for = 0

    def worth_it(self, amount: int, *, least: int) -> bool:
        """Return whether the function is there, or worth having for so much more work.

        Parameters
        ----------
        amount : int >= 0
            Work about to be done.
        least : int
            Work of this process, in all, from which on compiling is worth it.
        """
        self._asked_for += amount
        return (self._tried or self._asked_for >= least) and self.function() is not None

    def function(self) -> Callable | None:
        """Return the function; None where llvmlite is missing or the processor has no AVX2."""
        if not self._tried:
            self._function = self._compile()
            self._tried = True
        return self._function

    def run(self, *arguments: int) -> None:
        """Run the function.

        Raises
        ------
        RuntimeError
            If it can't be compiled on this machine.
        """
        function = self.function()
        if function is None:
            raise RuntimeError(f"{self._what} can't be compiled on this machine")
        function(*arguments)

    def _compile(self) -> Callable | None:
        try:
            from llvmlite import binding

            code = self._write()
        except ImportError:
            return None
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        if PROCESSOR and not binding.get_host_cpu_features().get("avx2"):
            return None
        module = binding.parse_assembly(code)
        module.verify()
        target = binding.Target.from_triple(binding.get_process_triple())
        machine = target.create_target_machine(cpu=PROCESSOR, opt=3)
        options = binding.create_pipeline_tuning_options(speed_level=3)
        passes = binding.create_pass_builder(machine, options)
        passes.getModulePassManager().run(module, passes)
        engine = binding.create_mcjit_compiler(module, machine)
        engine.finalize_object()
        signature = ctypes.CFUNCTYPE(None, *(_KINDS[kind] for kind in self._arguments))
        function = signature(engine.get_function_address(self._name))
        function.engine = engine  # the code goes with it
        return function
