import compiled_code
from pygoodvibes.audio import pcm_code


def test_no_operation_is_fused_reordered_or_taken_from_another_library():
    compiled_code.check(pcm_code.write(), "vmulps")
