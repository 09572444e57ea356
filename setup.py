"""The optional C extension: where it cannot be built the program runs on hashlib instead."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "pithead.native._judge",
            sources=["pithead/native/judge.c"],
            extra_compile_args=["-O3", "-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow"],
            define_macros=[("Py_LIMITED_API", "0x030B0000")],
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
