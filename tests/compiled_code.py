"""What must hold of code in LLVM's language, whatever it computes."""

from llvmlite import binding

from pygoodvibes.util import compiled


def check(code, multiplication):
    """Check that code keeps its operations; `multiplication` is an instruction that it needs."""
    for word in ("fast", "contract", "reassoc", "llvm.fma", "declare"):
        assert word not in code
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    module = binding.parse_assembly(code)
    machine = binding.Target.from_triple("x86_64-unknown-linux-gnu").create_target_machine(
        cpu="x86-64-v3", opt=3
    )
    options = binding.create_pipeline_tuning_options(speed_level=3)
    passes = binding.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    assembly = machine.emit_assembly(module)
    assert multiplication in assembly and "ymm" in assembly
    assert "vfm" not in assembly and "zmm" not in assembly and "call" not in assembly
    assert compiled.PROCESSOR in ("x86-64-v3", "")
