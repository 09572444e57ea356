/* Takes the shares that are plainly good, and those that are plainly stale, from line to answer.
 *
 * Whatever else a line is (unusual JSON, another request, another job, a share that earns nothing,
 * a block) is left where it stands, and with it all that follows, to the general way in Python,
 * which gives every line that is taken here the same answer.
 */
#ifndef PITHEAD_DESK_H
#define PITHEAD_DESK_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "arguments.h"
#include "sha256.h"
#include "submit.h"

#if HAVE_SHA_CODE

enum { LONGEST_LINE = 1024 };

/* ---- What a share is measured by --------------------------------------------------------- */

/* The fields of a Measure, in the order of pithead/pool/jobs.py. */
enum {
    M_JOB_ID, M_PREFIX, M_SUFFIX, M_BRANCH, M_VERSION, M_PREV_HASH, M_BITS, M_EXTRANONCE2_SIZE,
    M_LEAST_TIME, M_MOST_TIME, M_SHARE_TARGET, M_BLOCK_TARGET, M_SEEN, M_STATE, M_WORK,
    M_BLOCK_WORK, M_FIELDS
};

typedef struct {
    Share share; /* the pieces that the miner does not choose are filled in */
    Bytes job_id, share_target, block_target;
    uint32_t extranonce2_size, version, mask, least_time, most_time;
    PyObject *seen, *workers;
    Text last_name;
    PyObject *last_worker; /* borrowed, as `seen` and `workers` are */
    int is_stale;
} Desk;

/* What `OpenJob.state` says. */
enum { FORGOTTEN, COUNTS, STALE };

/* Whose shares were taken: owner, worker and measure of each, in a row. */
typedef struct {
    PyObject *list, *owner, *measure;
} Earners;

/* Of a tuple of that size; -1 for an error. */
static int
state_of(PyObject *measure)
{
    PyObject *state = PyTuple_GetItem(measure, M_STATE);
    if (!PyByteArray_Check(state) || PyByteArray_Size(state) != 1) {
        PyErr_SetString(PyExc_TypeError, "the state of a job is one byte that can change");
        return -1;
    }
    return (unsigned char)*PyByteArray_AsString(state);
}

/* Its state; -1 for an error. */
static int
open_measure(PyObject *measure, Desk *desk)
{
    Bytes prev_hash;
    const struct { int field; Bytes *out; } texts[] = {
        {M_JOB_ID, &desk->job_id}, {M_PREFIX, &desk->share.coinbase[PREFIX]},
        {M_SUFFIX, &desk->share.coinbase[SUFFIX]}, {M_BRANCH, &desk->share.branch},
        {M_PREV_HASH, &prev_hash}, {M_SHARE_TARGET, &desk->share_target},
        {M_BLOCK_TARGET, &desk->block_target},
    };
    const struct { int field; uint32_t *out; } numbers[] = {
        {M_VERSION, &desk->version}, {M_BITS, &desk->share.bits},
        {M_EXTRANONCE2_SIZE, &desk->extranonce2_size}, {M_LEAST_TIME, &desk->least_time},
        {M_MOST_TIME, &desk->most_time},
    };
    if (!PyTuple_Check(measure) || PyTuple_Size(measure) != M_FIELDS) {
        PyErr_SetString(PyExc_TypeError, "not a Measure");
        return -1;
    }
    const int state = state_of(measure);
    if (state <= FORGOTTEN) {
        return state;
    }
    for (size_t index = 0; index < sizeof(texts) / sizeof(texts[0]); index++) {
        if (take_bytes(PyTuple_GetItem(measure, texts[index].field), texts[index].out) < 0) {
            return -1;
        }
    }
    for (size_t index = 0; index < sizeof(numbers) / sizeof(numbers[0]); index++) {
        if (take_uint32(PyTuple_GetItem(measure, numbers[index].field), numbers[index].out) < 0) {
            return -1;
        }
    }
    if (desk->share.branch.size % HASH_SIZE != 0 || prev_hash.size != HASH_SIZE ||
        desk->share_target.size != HASH_SIZE || desk->block_target.size != HASH_SIZE) {
        PyErr_SetString(PyExc_ValueError, "hashes and targets have 32 bytes");
        return -1;
    }
    desk->share.prev_hash = prev_hash.data;
    desk->seen = PyTuple_GetItem(measure, M_SEEN);
    return state;
}

/* ---- Lines ------------------------------------------------------------------------------- */

/* 1 if it fits the job and the mask; the share is whole then. */
static int
read_share(const Request *request, Desk *desk, uint8_t extranonce2[LONGEST_EXTRANONCE2])
{
    const Text *params = request->params;
    Share *share = &desk->share;
    uint32_t bits = 0;
    const int rolls = params[VERSION_BITS].start != NULL;
    if (!is_bytes(params[JOB_ID], desk->job_id.data, desk->job_id.size) ||
        params[SHARE_EXTRANONCE2].size != 2 * (size_t)desk->extranonce2_size ||
        !take_hex(params[SHARE_EXTRANONCE2], extranonce2, LONGEST_EXTRANONCE2) ||
        !take_word(params[TIME], &share->time) || !take_word(params[NONCE], &share->nonce) ||
        (rolls && !take_word(params[VERSION_BITS], &bits))) {
        return 0;
    }
    share->coinbase[EXTRANONCE2] = (Bytes){extranonce2, desk->extranonce2_size};
    share->version = rolls ? (desk->version & ~desk->mask) | bits : desk->version;
    return (bits & ~desk->mask) == 0 && share->time >= desk->least_time &&
           share->time <= desk->most_time;
}

/* The worker of that name, borrowed; NULL, perhaps with an error, where there is none. */
static PyObject *
find_worker(Desk *desk, Text name)
{
    if (desk->last_worker == NULL || !is_bytes(name, desk->last_name.start, desk->last_name.size)) {
        PyObject *key = PyUnicode_FromStringAndSize(name.start, (Py_ssize_t)name.size);
        desk->last_worker = key == NULL ? NULL : PyDict_GetItemWithError(desk->workers, key);
        desk->last_name = name;
        Py_XDECREF(key);
    }
    return desk->last_worker;
}

/* 1 if the hash is new and was noted, 0 if it is known, -1 for an error. */
static int
note_hash(PyObject *seen, const uint8_t hash[HASH_SIZE])
{
    PyObject *key = PyBytes_FromStringAndSize((const char *)hash, HASH_SIZE);
    int result = key == NULL ? -1 : PySet_Contains(seen, key);
    if (result == 0) {
        result = PySet_Add(seen, key) < 0 ? -1 : 1;
    } else if (result > 0) {
        result = 0;
    }
    Py_XDECREF(key);
    return result;
}

/* The worker whose share it is, borrowed; NULL, perhaps with an error, to leave it. */
static PyObject *
take_line(Cursor *line, Desk *desk, Request *request)
{
    uint8_t extranonce2[LONGEST_EXTRANONCE2], hash[HASH_SIZE];
    if (!take_request(line, request) || !read_share(request, desk, extranonce2)) {
        return NULL;
    }
    PyObject *worker = find_worker(desk, request->params[NAME]);
    if (worker == NULL) {
        return NULL;
    }
    hash_share(hash, &desk->share);
    if (meets(hash, desk->block_target.data)) {
        return NULL;
    }
    if (desk->is_stale) {
        return worker;
    }
    if (!meets(hash, desk->share_target.data)) {
        return NULL;
    }
    return note_hash(desk->seen, hash) > 0 ? worker : NULL;
}

static char *
append(char *out, const char *data, size_t size)
{
    memcpy(out, data, size);
    return out + size;
}

/* The answer is shorter than the line that it answers, so it fits where the lines were. */
static char *
append_answer(char *out, Text id, int is_stale)
{
    static const char head[] = "{\"id\":", yes[] = ",\"result\":true,\"error\":null}\n";
    static const char no[] = ",\"result\":false,\"error\":[21,\"Stale share\",null]}\n";
    if (equals(id, "null")) {
        return out;
    }
    out = append(out, head, sizeof(head) - 1);
    out = append(out, id.start, id.size);
    return is_stale ? append(out, no, sizeof(no) - 1) : append(out, yes, sizeof(yes) - 1);
}

static int
note_earner(const Earners *earners, PyObject *worker)
{
    return PyList_Append(earners->list, earners->owner) < 0 ||
                   PyList_Append(earners->list, worker) < 0 ||
                   PyList_Append(earners->list, earners->measure) < 0
               ? -1
               : 0;
}

/* Takes lines while they are such shares; what was taken of `data`, -1 for an error. */
static Py_ssize_t
take_lines(Bytes data, Desk *desk, char **out, const Earners *earners)
{
    const char *const start = (const char *)data.data, *const end = start + data.size;
    const char *at = start;
    while (at < end) {
        const size_t most = (size_t)(end - at) < LONGEST_LINE ? (size_t)(end - at) : LONGEST_LINE;
        const char *line_end = memchr(at, '\n', most);
        if (line_end == NULL) {
            break;
        }
        Cursor line = {at, line_end};
        Request request = {0};
        PyObject *worker = take_line(&line, desk, &request);
        if (worker == NULL || note_earner(earners, worker) < 0) {
            break;
        }
        *out = append_answer(*out, request.id, desk->is_stale);
        at = line_end + 1;
    }
    return PyErr_Occurred() ? -1 : at - start;
}

#endif
#endif
