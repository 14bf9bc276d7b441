# SPDX-License-Identifier: BSD-2-Clause
"""What pyproject.toml cannot say, above all the version and the extension."""

import os
import re
import subprocess
from glob import glob
from pathlib import Path

from setuptools import Extension, setup

CODECS = {
    "libzstd": "LADLE_WITH_ZSTD",
    "liblz4": "LADLE_WITH_LZ4",
    "libdeflate": "LADLE_WITH_LIBDEFLATE",
}


def version():
    header = Path("include/ladle/base.h").read_text(encoding="utf-8")
    parts = ("MAJOR", "MINOR", "PATCH")
    return ".".join(re.search(rf"#define LADLE_VERSION_{part} (\d+)", header)[1] for part in parts)


def pkg_config(package, option):
    """The words that pkg-config says, or None when it or the package is not there."""
    try:
        words = subprocess.run(
            ["pkg-config", option, package],
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return words.stdout.split()


def optimization():
    """Since setuptools 75, CFLAGS of the environment take the place of Python's -O2 -DNDEBUG."""
    is_chosen = any(flag.startswith("-O") for flag in os.environ.get("CFLAGS", "").split())
    return ["-DNDEBUG"] if is_chosen else ["-DNDEBUG", "-O2"]


def build_options():
    compile_args = ["-std=c11", "-pthread", "-fvisibility=hidden", "-Wall", "-Wextra"]
    compile_args += optimization()
    link_args = ["-pthread", "-lz"]
    for package, macro in CODECS.items():
        flags = pkg_config(package, "--cflags")
        if flags is not None:
            compile_args += [f"-D{macro}", *flags]
            link_args += pkg_config(package, "--libs")
    return compile_args, link_args


compile_args, link_args = build_options()
setup(
    version=version(),
    license="BSD-2-Clause",
    packages=["ladle", "ladle._commands", "ladle._convert"],
    package_dir={"ladle": "pymodule/ladle"},
    package_data={"ladle": ["*.pyi", "py.typed"]},
    ext_modules=[
        Extension(
            "ladle._core",
            sources=sorted(glob("pymodule/*.c") + glob("lib/*.c")),
            depends=glob("pymodule/*.h") + glob("lib/*.h") + glob("include/**/*.h", recursive=True),
            include_dirs=["include"],
            extra_compile_args=compile_args,
            extra_link_args=link_args,
        )
    ],
)
