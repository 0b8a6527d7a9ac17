import compiled_code
from pygoodvibes.audio import extremes_code


def test_the_code_takes_nothing_from_another_library():
    compiled_code.check(extremes_code.write(), "vcmpeqps")
