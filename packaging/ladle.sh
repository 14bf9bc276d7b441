#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The command is part of the Python package: see ladle(1).
python=${LADLE_PYTHON:-python3}
if ! "$python" -c 'import ladle' 2>/dev/null; then
    echo "ladle: $python does not have the package ladle, which the command is part of:" >&2
    echo "ladle: install it with 'pip install .' in the sources, or name another by LADLE_PYTHON" >&2
    exit 1
fi
exec "$python" -m ladle "$@"
