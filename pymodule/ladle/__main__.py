# SPDX-License-Identifier: BSD-2-Clause
"""The command: ladle, or python -m ladle."""

import sys

from ladle._commands import main

if __name__ == "__main__":
    sys.exit(main())
