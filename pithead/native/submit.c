/* Reads a share as miners plainly write it: the commonest line that a pool gets.
 *
 * Whatever is unusual (an escape, a name beyond ASCII, a member twice or one more, a float for an
 * id) is not refused here but left, as None, to the general decoder, which gives every line that
 * is read here the same meaning.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <string.h>

enum { MOST_PARAMS = 6, LEAST_PARAMS = 5, WORD_DIGITS = 8, LONGEST_EXTRANONCE2 = 32 };
enum { LONGEST_NUMBER = 18 };

/* A piece of the line; no start where there is none. */
typedef struct {
    const char *start;
    size_t size;
} Text;

typedef struct {
    const char *at, *end;
} Cursor;

enum { NAME, JOB_ID, EXTRANONCE2, TIME, NONCE, VERSION_BITS };

typedef struct {
    Text id, method;
    Text params[MOST_PARAMS];
    int has_params;
} Request;

/* ---- JSON, its plain part ---------------------------------------------------------------- */

static void
skip_space(Cursor *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t' ||
                                        *cursor->at == '\r' || *cursor->at == '\n')) {
        cursor->at++;
    }
}

/* Steps over one sign and the space before it. */
static int
take_sign(Cursor *cursor, char sign)
{
    skip_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != sign) {
        return 0;
    }
    cursor->at++;
    return 1;
}

/* A string of printable ASCII without escapes; `out` is what stands between the quotes. */
static int
take_string(Cursor *cursor, Text *out)
{
    if (!take_sign(cursor, '"')) {
        return 0;
    }
    out->start = cursor->at;
    for (; cursor->at < cursor->end && *cursor->at != '"'; cursor->at++) {
        if (*cursor->at < ' ' || *cursor->at > '~' || *cursor->at == '\\') {
            return 0;
        }
    }
    out->size = (size_t)(cursor->at - out->start);
    return take_sign(cursor, '"');
}

static int
take_null(Cursor *cursor)
{
    skip_space(cursor);
    if (cursor->end - cursor->at < 4 || memcmp(cursor->at, "null", 4) != 0) {
        return 0;
    }
    cursor->at += 4;
    return 1;
}

/* An id as it stands: a whole number, a string with its quotes, or null. */
static int
take_id(Cursor *cursor, Text *out)
{
    Text inside;
    skip_space(cursor);
    out->start = cursor->at;
    if (!take_null(cursor) && !take_string(cursor, &inside)) {
        while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
            cursor->at++;
        }
        const int is_padded = *out->start == '0' && cursor->at - out->start > 1;
        if (cursor->at == out->start || cursor->at - out->start > LONGEST_NUMBER || is_padded) {
            return 0;
        }
    }
    out->size = (size_t)(cursor->at - out->start);
    return 1;
}

/* Five strings and perhaps the version bits, which may be null. */
static int
take_params(Cursor *cursor, Request *request)
{
    int count = 0;
    if (request->has_params || !take_sign(cursor, '[')) {
        return 0;
    }
    do {
        if (count == MOST_PARAMS) {
            return 0;
        }
        const int is_null = count == VERSION_BITS && take_null(cursor);
        if (!is_null && !take_string(cursor, &request->params[count])) {
            return 0;
        }
        count++;
    } while (take_sign(cursor, ','));
    request->has_params = 1;
    return count >= LEAST_PARAMS && take_sign(cursor, ']');
}

static int
equals(Text text, const char *word)
{
    return text.size == strlen(word) && memcmp(text.start, word, text.size) == 0;
}

static int
take_member(Cursor *cursor, Request *request)
{
    Text key;
    if (!take_string(cursor, &key) || !take_sign(cursor, ':')) {
        return 0;
    }
    if (equals(key, "params")) {
        return take_params(cursor, request);
    }
    if (equals(key, "id") && request->id.start == NULL) {
        return take_id(cursor, &request->id);
    }
    return equals(key, "method") && request->method.start == NULL &&
           take_string(cursor, &request->method);
}

/* 1 for a whole line that is plainly a submit of some share. */
static int
take_request(Cursor *cursor, Request *request)
{
    if (!take_sign(cursor, '{')) {
        return 0;
    }
    do {
        if (!take_member(cursor, request)) {
            return 0;
        }
    } while (take_sign(cursor, ','));
    if (!take_sign(cursor, '}')) {
        return 0;
    }
    skip_space(cursor);
    return cursor->at == cursor->end && request->id.start != NULL && request->has_params &&
           request->method.start != NULL && equals(request->method, "mining.submit");
}

/* ---- Hexadecimal ------------------------------------------------------------------------- */

static int
digit_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    const char lower = (char)(digit | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static int
take_hex(Text text, uint8_t *out, size_t room)
{
    if (text.size % 2 != 0 || text.size / 2 > room) {
        return 0;
    }
    for (size_t index = 0; index < text.size / 2; index++) {
        const int high = digit_value(text.start[2 * index]);
        const int low = digit_value(text.start[2 * index + 1]);
        if (high < 0 || low < 0) {
            return 0;
        }
        out[index] = (uint8_t)(high << 4 | low);
    }
    return 1;
}

static int
take_word(Text text, uint32_t *out)
{
    uint8_t raw[4];
    if (text.size != WORD_DIGITS || !take_hex(text, raw, sizeof(raw))) {
        return 0;
    }
    *out = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3];
    return 1;
}

/* ---- read_submit ------------------------------------------------------------------------- */

static PyObject *
text_object(Text text)
{
    return PyUnicode_FromStringAndSize(text.start, (Py_ssize_t)text.size);
}

/* What `make` makes of the six fields of a share; None where one is out of form. */
static PyObject *
make_submit(PyObject *make, const Request *request)
{
    const Text *params = request->params;
    uint8_t extranonce2[LONGEST_EXTRANONCE2];
    uint32_t time, nonce, bits = 0;
    const int has_bits = params[VERSION_BITS].start != NULL;
    if (!take_word(params[TIME], &time) || !take_word(params[NONCE], &nonce) ||
        (has_bits && !take_word(params[VERSION_BITS], &bits)) ||
        !take_hex(params[EXTRANONCE2], extranonce2, sizeof(extranonce2))) {
        Py_RETURN_NONE;
    }
    PyObject *fields[MOST_PARAMS] = {
        text_object(params[NAME]),
        text_object(params[JOB_ID]),
        PyBytes_FromStringAndSize((const char *)extranonce2,
                                  (Py_ssize_t)(params[EXTRANONCE2].size / 2)),
        PyLong_FromUnsignedLong(time),
        PyLong_FromUnsignedLong(nonce),
        has_bits ? PyLong_FromUnsignedLong(bits) : Py_NewRef(Py_None),
    };
    PyObject *submit = NULL;
    if (!PyErr_Occurred()) {
        submit = PyObject_CallFunctionObjArgs(make, fields[0], fields[1], fields[2], fields[3],
                                              fields[4], fields[5], NULL);
    }
    for (int field = 0; field < MOST_PARAMS; field++) {
        Py_XDECREF(fields[field]);
    }
    return submit;
}

static PyObject *
read_submit(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    (void)module;
    char *line;
    Py_ssize_t size;
    Request request = {0};
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "read_submit takes a line and a maker");
        return NULL;
    }
    if (PyBytes_AsStringAndSize(arguments[0], &line, &size) < 0) {
        return NULL;
    }
    Cursor cursor = {line, line + size};
    if (!take_request(&cursor, &request)) {
        Py_RETURN_NONE;
    }
    PyObject *submit = make_submit(arguments[1], &request);
    if (submit == NULL || submit == Py_None) {
        return submit;
    }
    PyObject *id = PyBytes_FromStringAndSize(request.id.start, (Py_ssize_t)request.id.size);
    PyObject *answer = id == NULL ? NULL : PyTuple_Pack(2, id, submit);
    Py_XDECREF(id);
    Py_DECREF(submit);
    return answer;
}

static PyMethodDef METHODS[] = {
    {"read_submit", (PyCFunction)(void (*)(void))read_submit, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot SLOTS[] = {{0, NULL}};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "_submit", NULL, 0, METHODS, SLOTS, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__submit(void);

PyMODINIT_FUNC
PyInit__submit(void)
{
    return PyModuleDef_Init(&MODULE);
}
