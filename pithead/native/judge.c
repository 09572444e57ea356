/* The hot arithmetic of a pool: see pithead/native/__init__.py. */
#include <Python.h>

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_judge", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__judge(void) { return PyModule_Create(&module); }
