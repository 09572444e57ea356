/* The hot arithmetic of a pool and of simulated miners, on the SHA instructions of x86-64.
 *
 * pithead/native/twin.py does the same in plain Python and says what the functions mean. Where
 * the processor or the compiler lacks the instructions the module says `USABLE = False` and has
 * no functions.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "arguments.h"
#include "sha256.h"

#if HAVE_SHA_CODE
enum { MAX_SCAN = 1 << 24 }; /* nonces in one call: about two seconds, and a bound for the answer */

/* ---- Arguments --------------------------------------------------------------------------- */

static int
check_count(const char *name, Py_ssize_t wanted, Py_ssize_t given)
{
    if (given != wanted) {
        PyErr_Format(PyExc_TypeError, "%s takes %zd arguments, not %zd", name, wanted, given);
        return -1;
    }
    return 0;
}

/* ---- share_hash -------------------------------------------------------------------------- */

enum { BRANCH = PIECES, VERSION, PREV_HASH, TIME, BITS, NONCE };

static PyObject *
share_hash(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    (void)module;
    Share share;
    Bytes prev_hash;
    if (check_count("share_hash", NONCE + 1, count) < 0) {
        return NULL;
    }
    for (int piece = PREFIX; piece < PIECES; piece++) {
        if (take_bytes(arguments[piece], &share.coinbase[piece]) < 0) {
            return NULL;
        }
    }
    if (take_bytes(arguments[BRANCH], &share.branch) < 0 ||
        take_bytes(arguments[PREV_HASH], &prev_hash) < 0 ||
        take_uint32(arguments[VERSION], &share.version) < 0 ||
        take_uint32(arguments[TIME], &share.time) < 0 ||
        take_uint32(arguments[BITS], &share.bits) < 0 ||
        take_uint32(arguments[NONCE], &share.nonce) < 0) {
        return NULL;
    }
    if (share.branch.size % HASH_SIZE != 0 || prev_hash.size != HASH_SIZE) {
        PyErr_SetString(PyExc_ValueError, "hashes have 32 bytes");
        return NULL;
    }
    uint8_t hash[HASH_SIZE];
    share.prev_hash = prev_hash.data;
    hash_share(hash, &share);
    return PyBytes_FromStringAndSize((const char *)hash, HASH_SIZE);
}

/* ---- scan -------------------------------------------------------------------------------- */

/* The first nonce from `nonce` on whose header is a proof, `end` if there is none before it.
 * `start` has taken the first block of the header, `tail` is the padded rest of it. */
static uint64_t
next_proof(const uint32_t start[8], uint8_t tail[BLOCK_SIZE], uint64_t nonce, uint64_t end,
           const uint8_t target[HASH_SIZE])
{
    for (; nonce < end; nonce++) {
        const uint32_t low = (uint32_t)nonce;
        uint32_t state[8];
        uint8_t hash[HASH_SIZE];
        memcpy(tail + NONCE_OFFSET - BLOCK_SIZE, &low, 4);
        memcpy(state, start, sizeof(state));
        compress(state, tail, 1);
        hash_again(hash, state);
        if (meets(hash, target)) {
            break;
        }
    }
    return nonce;
}

static int
append_nonce(PyObject *list, uint64_t nonce)
{
    PyObject *number = PyLong_FromUnsignedLongLong(nonce);
    const int result = number == NULL ? -1 : PyList_Append(list, number);
    Py_XDECREF(number);
    return result;
}

static PyObject *
scan_range(const uint8_t *header, uint64_t nonce, uint64_t end, const uint8_t *target)
{
    uint8_t tail[BLOCK_SIZE] = {[16] = 0x80, [62] = 0x02, [63] = 0x80}; /* 640 bits */
    uint32_t start[8];
    memcpy(start, INITIAL_STATE, sizeof(start));
    memcpy(tail, header + BLOCK_SIZE, NONCE_OFFSET - BLOCK_SIZE);
    compress(start, header, 1);
    PyObject *found = PyList_New(0);
    while (found != NULL && nonce < end) {
        Py_BEGIN_ALLOW_THREADS
        nonce = next_proof(start, tail, nonce, end, target);
        Py_END_ALLOW_THREADS
        if (nonce < end && append_nonce(found, nonce) < 0) {
            Py_CLEAR(found);
        }
        nonce++;
    }
    return found;
}

static PyObject *
scan(PyObject *module, PyObject *const *arguments, Py_ssize_t argument_count)
{
    (void)module;
    Bytes header, target;
    uint32_t first, count;
    if (check_count("scan", 4, argument_count) < 0 || take_bytes(arguments[0], &header) < 0 ||
        take_uint32(arguments[1], &first) < 0 || take_uint32(arguments[2], &count) < 0) {
        return NULL;
    }
    if (header.size != HEADER_SIZE || count > MAX_SCAN) {
        PyErr_SetString(PyExc_ValueError, "a header has 80 bytes and a scan at most 2**24 nonces");
        return NULL;
    }
    PyObject *target_bytes = PyObject_CallMethod(arguments[3], "to_bytes", "is", HASH_SIZE, "little");
    if (target_bytes == NULL) {
        return NULL;
    }
    PyObject *found = NULL;
    if (take_bytes(target_bytes, &target) == 0 && target.size == HASH_SIZE) {
        const uint64_t end = (uint64_t)first + count;
        const uint64_t limit = (uint64_t)UINT32_MAX + 1;
        found = scan_range(header.data, first, end < limit ? end : limit, target.data);
    }
    Py_DECREF(target_bytes);
    return found;
}

/* ---- The module -------------------------------------------------------------------------- */

static PyMethodDef METHODS[] = {
    {"share_hash", (PyCFunction)(void (*)(void))share_hash, METH_FASTCALL, NULL},
    {"scan", (PyCFunction)(void (*)(void))scan, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};
#else
static PyMethodDef METHODS[] = {{NULL, NULL, 0, NULL}};
#endif

static int
execute(PyObject *module)
{
    if (processor_has_sha() && PyModule_AddFunctions(module, METHODS) < 0) {
        return -1;
    }
    PyObject *usable = processor_has_sha() ? Py_True : Py_False;
    return PyModule_AddObjectRef(module, "USABLE", usable);
}

static PyModuleDef_Slot SLOTS[] = {{Py_mod_exec, (void *)execute}, {0, NULL}};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "_judge", NULL, 0, NULL, SLOTS, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__judge(void);

PyMODINIT_FUNC
PyInit__judge(void)
{
    return PyModuleDef_Init(&MODULE);
}
