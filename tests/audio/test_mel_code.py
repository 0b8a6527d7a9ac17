from llvmlite import binding

from pygoodvibes.audio import mel_code, mel_kernel


def test_no_operation_may_be_fused_reordered_or_taken_from_another_library():
    code = mel_code.write()
    for word in ("fast", "contract", "reassoc", "llvm.fma", "declare"):
        assert word not in code


def test_the_compiled_code_has_the_operations_that_were_written():
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    module = binding.parse_assembly(mel_code.write())
    machine = binding.Target.from_triple("x86_64-unknown-linux-gnu").create_target_machine(
        cpu="x86-64-v3", opt=3
    )
    options = binding.create_pipeline_tuning_options(speed_level=3)
    passes = binding.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    assembly = machine.emit_assembly(module)
    assert "vmulps" in assembly and "ymm" in assembly
    assert "vfm" not in assembly and "zmm" not in assembly and "call" not in assembly
    assert mel_kernel.PROCESSOR in ("x86-64-v3", "")
