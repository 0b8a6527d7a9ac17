"""Write what is generated beside Markdown pages: the config's schema, pictures of the method."""

import pathlib
import sys

from pygoodvibes.documentation import config, method_pictures, results

root = pathlib.Path(*sys.argv[1:2])
config.write_schema(root)
if (root / results.RESULTS / "figures").is_dir():
    results.copy_figure(root)
    method_pictures.write(root)
else:
    print(f"{results.RESULTS}: no results here, so pictures stay as they are", file=sys.stderr)
