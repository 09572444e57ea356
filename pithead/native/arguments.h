/* What Python gives, in the terms of C: each is -1 with an error set where it is something else. */
#ifndef PITHEAD_ARGUMENTS_H
#define PITHEAD_ARGUMENTS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "sha256.h"

#if HAVE_SHA_CODE

/* Borrows: the bytes are there as long as the object is. */
static int
take_bytes(PyObject *object, Bytes *out)
{
    char *data;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(object, &data, &size) < 0) {
        return -1;
    }
    out->data = (const uint8_t *)data;
    out->size = (size_t)size;
    return 0;
}

static int
take_uint32(PyObject *object, uint32_t *out)
{
    const unsigned long value = PyLong_AsUnsignedLong(object);
    if (!PyErr_Occurred() && value > UINT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "more than 32 bits");
    }
    *out = (uint32_t)value;
    return PyErr_Occurred() ? -1 : 0;
}

#endif
#endif
