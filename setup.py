"""The optional C extensions: where they cannot be built the program runs on plain Python."""

from setuptools import Extension, setup

HEADERS = ("arguments", "desk", "sha256", "submit")


def extension(name: str, source: str) -> Extension:
    """One module for every CPython from 3.11 on."""
    return Extension(
        f"pithead.native.{name}",
        sources=[f"pithead/native/{source}"],
        depends=[f"pithead/native/{header}.h" for header in HEADERS],
        extra_compile_args=["-O3", "-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow"],
        define_macros=[("Py_LIMITED_API", "0x030B0000")],
        py_limited_api=True,
        optional=True,
    )


setup(
    ext_modules=[extension("_judge", "judge.c"), extension("_wire", "wire.c")],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
