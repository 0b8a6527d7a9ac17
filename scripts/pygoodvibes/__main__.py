"""`python -m pygoodvibes`: the command `pygoodvibes`."""

import sys

from pygoodvibes.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
