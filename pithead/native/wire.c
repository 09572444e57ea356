/* Reads the sockets of many miners at once, takes what is plainly a good share on the way, and sends
 * the answers of a whole batch together: for a share that comes alone, what the general way costs
 * around the hash is several times the hash.
 *
 * A socket is known here by its number. One that is armed has its shares taken by `take_lines`;
 * everything else that is read is handed up as it came. Nothing here closes a socket.
 */
#include "desk.h"

#if HAVE_SHA_CODE && defined(__linux__)

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_AT_ONCE = 512, READ_SIZE = 65536, LINE_COST = 64 };

/* ---- Sockets ----------------------------------------------------------------------------- */

typedef struct {
    PyObject *owner; /* NULL where no socket has this number */
    PyObject *measures, *extranonce1, *workers; /* all NULL while it is not armed */
    uint32_t mask, serial;
    long long grant; /* bytes that may be taken without asking above */
} Slot;

/* An answer that waits for the journal. */
typedef struct {
    int number;
    uint32_t serial;
    size_t offset, size;
} Answer;

typedef struct {
    PyObject_HEAD
    int epoll;
    uint32_t serial;
    Slot *slots;
    size_t slot_count;
    char *answers;
    size_t answers_size, answers_room;
    PyObject *opened; /* the measure that was opened last, and what it says */
    Desk desk;
    Answer waiting[MOST_AT_ONCE];
    size_t waiting_count;
    char incoming[READ_SIZE];
} Wire;

static void
disarm_slot(Slot *slot)
{
    Py_CLEAR(slot->measures);
    Py_CLEAR(slot->extranonce1);
    Py_CLEAR(slot->workers);
    slot->grant = 0;
}

static void
clear_slot(Slot *slot)
{
    disarm_slot(slot);
    Py_CLEAR(slot->owner);
}

/* The slot of an open socket; NULL and an error where there is none. */
static Slot *
find_slot(Wire *wire, long number)
{
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (number < 0 || (size_t)number >= wire->slot_count || wire->slots[number].owner == NULL) {
        PyErr_Format(PyExc_ValueError, "socket %ld is not open here", number);
        return NULL;
    }
    return &wire->slots[number];
}

static int
make_room_for_slot(Wire *wire, size_t number)
{
    if (number < wire->slot_count) {
        return 0;
    }
    const size_t count = 2 * number + 64;
    Slot *slots = PyMem_Realloc(wire->slots, count * sizeof(Slot));
    if (slots == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memset(slots + wire->slot_count, 0, (count - wire->slot_count) * sizeof(Slot));
    wire->slots = slots;
    wire->slot_count = count;
    return 0;
}

static int
watch(Wire *wire, int operation, int number, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = number};
    if (epoll_ctl(wire->epoll, operation, number, &event) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

static PyObject *
wire_open(PyObject *self, PyObject *arguments)
{
    Wire *wire = (Wire *)self;
    PyObject *owner;
    int number;
    if (!PyArg_ParseTuple(arguments, "iO", &number, &owner)) {
        return NULL;
    }
    if (number < 0 || make_room_for_slot(wire, (size_t)number) < 0) {
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_ValueError, "no socket");
    }
    Slot *slot = &wire->slots[number];
    if (slot->owner != NULL) {
        return PyErr_Format(PyExc_ValueError, "socket %d is open already", number);
    }
    if (watch(wire, EPOLL_CTL_ADD, number, EPOLLIN) < 0) {
        return NULL;
    }
    slot->owner = Py_NewRef(owner);
    slot->serial = ++wire->serial;
    Py_RETURN_NONE;
}

static PyObject *
wire_want(PyObject *self, PyObject *arguments)
{
    int number, reading, writing;
    if (!PyArg_ParseTuple(arguments, "ipp", &number, &reading, &writing) ||
        find_slot((Wire *)self, number) == NULL) {
        return NULL;
    }
    const uint32_t events = (reading ? EPOLLIN : 0U) | (writing ? EPOLLOUT : 0U);
    if (watch((Wire *)self, EPOLL_CTL_MOD, number, events) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
wire_close(PyObject *self, PyObject *argument)
{
    Wire *wire = (Wire *)self;
    const long number = PyLong_AsLong(argument);
    Slot *slot = find_slot(wire, number);
    if (slot == NULL || watch(wire, EPOLL_CTL_DEL, (int)number, 0) < 0) {
        return NULL;
    }
    clear_slot(slot);
    Py_RETURN_NONE;
}

/* ---- Arming ------------------------------------------------------------------------------ */

static PyObject *
wire_arm(PyObject *self, PyObject *arguments)
{
    Wire *wire = (Wire *)self;
    PyObject *measures, *extranonce1, *workers;
    int number;
    unsigned int mask;
    long long grant;
    if (!PyArg_ParseTuple(arguments, "iO!SO!IL", &number, &PyTuple_Type, &measures, &extranonce1,
                          &PyDict_Type, &workers, &mask, &grant)) {
        return NULL;
    }
    Slot *slot = find_slot(wire, number);
    if (slot == NULL) {
        return NULL;
    }
    disarm_slot(slot);
    slot->measures = Py_NewRef(measures);
    slot->extranonce1 = Py_NewRef(extranonce1);
    slot->workers = Py_NewRef(workers);
    slot->mask = mask;
    slot->grant = grant;
    Py_RETURN_NONE;
}

/* A job came: everything else about the connection is as it was. */
static PyObject *
wire_rearm(PyObject *self, PyObject *arguments)
{
    PyObject *measures;
    int number;
    if (!PyArg_ParseTuple(arguments, "iO!", &number, &PyTuple_Type, &measures)) {
        return NULL;
    }
    Slot *slot = find_slot((Wire *)self, number);
    if (slot == NULL) {
        return NULL;
    }
    if (slot->measures != NULL) {
        Py_DECREF(slot->measures);
        slot->measures = Py_NewRef(measures);
    }
    Py_RETURN_NONE;
}

static PyObject *
wire_disarm(PyObject *self, PyObject *argument)
{
    Slot *slot = find_slot((Wire *)self, PyLong_AsLong(argument));
    if (slot == NULL) {
        return NULL;
    }
    const long long left = slot->grant;
    disarm_slot(slot);
    return PyLong_FromLongLong(left);
}

/* ---- Reading ----------------------------------------------------------------------------- */

static int
make_room_for_answers(Wire *wire, size_t size)
{
    if (wire->answers_size + size <= wire->answers_room) {
        return 0;
    }
    const size_t room = 2 * (wire->answers_size + size);
    char *answers = PyMem_Realloc(wire->answers, room);
    if (answers == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    wire->answers = answers;
    wire->answers_room = room;
    return 0;
}

static long long
cost_of(const char *data, size_t size)
{
    long long cost = (long long)size;
    const char *const end = data + size;
    for (const char *at = data; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++) {
        cost += LINE_COST;
    }
    return cost;
}

/* As `open_measure`; sockets in a row mostly have the same one. */
static int
open_once(Wire *wire, PyObject *measure)
{
    if (wire->opened == measure) {
        return state_of(measure);
    }
    Py_CLEAR(wire->opened);
    wire->desk = (Desk){0};
    const int state = open_measure(measure, &wire->desk);
    if (state > FORGOTTEN) {
        wire->opened = Py_NewRef(measure);
    }
    return state;
}

/* What was taken of the head of `data` by one measure, 0 where none is; -1 for an error. */
static Py_ssize_t
take_by(Wire *wire, PyObject *measure, const Slot *slot, Bytes data, char **end, PyObject *earned)
{
    Earners earners = {.list = earned, .owner = slot->owner, .measure = measure};
    const int state = open_once(wire, measure);
    if (state <= FORGOTTEN) {
        return state;
    }
    Desk desk = wire->desk;
    desk.is_stale = state == STALE;
    desk.workers = slot->workers;
    desk.mask = slot->mask;
    if (take_bytes(slot->extranonce1, &desk.share.coinbase[EXTRANONCE1]) < 0) {
        return -1;
    }
    return take_lines(data, &desk, end, &earners);
}

/* The same by all measures in turn, until none of them takes any more. */
static Py_ssize_t
take_by_any(Wire *wire, const Slot *slot, Bytes data, char **end, PyObject *earned)
{
    const Py_ssize_t count = PyTuple_Size(slot->measures);
    size_t taken = 0;
    for (Py_ssize_t index = 0, idle = 0; taken < data.size && idle < count;
         index = (index + 1) % count) {
        const Bytes rest = {data.data + taken, data.size - taken};
        const Py_ssize_t more =
            take_by(wire, PyTuple_GetItem(slot->measures, index), slot, rest, end, earned);
        if (more < 0) {
            return -1;
        }
        idle = more > 0 ? 0 : idle + 1;
        taken += (size_t)more;
    }
    return (Py_ssize_t)taken;
}

/* What was taken of the head of `data`, 0 where nothing may be; -1 for an error. */
static Py_ssize_t
take_from(Wire *wire, int number, const char *data, size_t size, PyObject *earned)
{
    Slot *slot = &wire->slots[number];
    const long long cost = slot->measures == NULL ? 0 : cost_of(data, size);
    if (slot->measures == NULL || cost > slot->grant) {
        return 0;
    }
    if (make_room_for_answers(wire, size + 1) < 0) {
        return -1;
    }
    char *const start = wire->answers + wire->answers_size, *end = start;
    const Bytes said = {(const uint8_t *)data, size};
    const Py_ssize_t taken = take_by_any(wire, slot, said, &end, earned);
    if (taken > 0) {
        slot->grant -= cost;
        const size_t length = (size_t)(end - start);
        wire->waiting[wire->waiting_count++] =
            (Answer){number, slot->serial, wire->answers_size, length};
        wire->answers_size += length;
    }
    return taken;
}

static int
hand_up(PyObject *said, const Slot *slot, const char *data, size_t size)
{
    PyObject *entry = Py_BuildValue("(Oy#)", slot->owner, data, (Py_ssize_t)size);
    const int result = entry == NULL ? -1 : PyList_Append(said, entry);
    Py_XDECREF(entry);
    return result;
}

/* One socket that has something. */
static int
read_socket(Wire *wire, int number, PyObject *earned, PyObject *said)
{
    const ssize_t size = recv(number, wire->incoming, READ_SIZE, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    if (size <= 0) { /* over, however it ended */
        return hand_up(said, &wire->slots[number], "", 0);
    }
    const Py_ssize_t taken = take_from(wire, number, wire->incoming, (size_t)size, earned);
    if (taken < 0 || taken == size) {
        return taken < 0 ? -1 : 0;
    }
    return hand_up(said, &wire->slots[number], wire->incoming + taken, (size_t)(size - taken));
}

static PyObject *
wire_read(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    Wire *wire = (Wire *)self;
    struct epoll_event events[MOST_AT_ONCE];
    if (wire->waiting_count > 0) {
        return PyErr_Format(PyExc_ValueError, "answers of the last read are waiting");
    }
    const int count = epoll_wait(wire->epoll, events, MOST_AT_ONCE, 0);
    if (count < 0 && errno != EINTR) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    PyObject *earned = PyList_New(0), *said = PyList_New(0), *writable = PyList_New(0);
    int failed = earned == NULL || said == NULL || writable == NULL;
    for (int index = 0; index < count && !failed; index++) {
        const int number = events[index].data.fd;
        Slot *slot = &wire->slots[number];
        if (slot->owner == NULL) {
            continue;
        }
        if (events[index].events & EPOLLOUT) {
            failed = PyList_Append(writable, slot->owner) < 0;
        }
        if (!failed && events[index].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
            failed = read_socket(wire, number, earned, said) < 0;
        }
    }
    PyObject *result = failed ? NULL : PyTuple_Pack(3, earned, said, writable);
    Py_XDECREF(earned);
    Py_XDECREF(said);
    Py_XDECREF(writable);
    return result;
}

/* ---- Sending ----------------------------------------------------------------------------- */

/* Bytes that left, 0 where the socket is full, -1 where it is broken. */
static ssize_t
send_some(int number, const char *data, size_t size)
{
    const ssize_t sent = send(number, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) ? 0 : sent;
}

static PyObject *
wire_send(PyObject *self, PyObject *arguments)
{
    const char *data;
    Py_ssize_t size;
    int number;
    if (!PyArg_ParseTuple(arguments, "iy#", &number, &data, &size) ||
        find_slot((Wire *)self, number) == NULL) {
        return NULL;
    }
    return PyLong_FromSsize_t(send_some(number, data, (size_t)size));
}

/* Owners whose answers could not leave whole, each with the rest; None where it is broken. */
static PyObject *
wire_answer(PyObject *self, PyObject *argument)
{
    Wire *wire = (Wire *)self;
    const int is_kept = PyObject_IsTrue(argument);
    PyObject *left = is_kept < 0 ? NULL : PyList_New(0);
    for (size_t index = 0; index < wire->waiting_count && left != NULL; index++) {
        const Answer *answer = &wire->waiting[index];
        const Slot *slot = &wire->slots[answer->number];
        if (slot->owner == NULL || slot->serial != answer->serial) {
            continue;
        }
        const char *data = wire->answers + answer->offset;
        const ssize_t sent = is_kept ? send_some(answer->number, data, answer->size) : -1;
        if (sent == (ssize_t)answer->size) {
            continue;
        }
        PyObject *entry =
            sent < 0 ? Py_BuildValue("(OO)", slot->owner, Py_None)
                     : Py_BuildValue("(Oy#)", slot->owner, data + sent,
                                     (Py_ssize_t)answer->size - (Py_ssize_t)sent);
        if (entry == NULL || PyList_Append(left, entry) < 0) {
            Py_CLEAR(left);
        }
        Py_XDECREF(entry);
    }
    wire->waiting_count = 0;
    wire->answers_size = 0;
    return left;
}

/* ---- The type ---------------------------------------------------------------------------- */

static PyObject *
wire_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    (void)arguments;
    (void)keywords;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Wire *wire = (Wire *)allocate(type, 0);
    if (wire == NULL) {
        return NULL;
    }
    wire->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (wire->epoll < 0) {
        Py_DECREF(wire);
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return (PyObject *)wire;
}

static int
wire_traverse(PyObject *self, visitproc visit, void *arg)
{
    const Wire *wire = (Wire *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(wire->opened);
    for (size_t number = 0; number < wire->slot_count; number++) {
        const Slot *slot = &wire->slots[number];
        Py_VISIT(slot->owner);
        Py_VISIT(slot->measures);
        Py_VISIT(slot->extranonce1);
        Py_VISIT(slot->workers);
    }
    return 0;
}

static int
wire_clear(PyObject *self)
{
    Wire *wire = (Wire *)self;
    Py_CLEAR(wire->opened);
    for (size_t number = 0; number < wire->slot_count; number++) {
        clear_slot(&wire->slots[number]);
    }
    return 0;
}

static void
wire_free(PyObject *self)
{
    Wire *wire = (Wire *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    wire_clear(self);
    PyMem_Free(wire->slots);
    PyMem_Free(wire->answers);
    if (wire->epoll >= 0) {
        close(wire->epoll);
    }
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyObject *
wire_fileno(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return PyLong_FromLong(((Wire *)self)->epoll);
}

static PyMethodDef WIRE_METHODS[] = {
    {"fileno", wire_fileno, METH_NOARGS, NULL},
    {"open", wire_open, METH_VARARGS, NULL},
    {"want", wire_want, METH_VARARGS, NULL},
    {"close", wire_close, METH_O, NULL},
    {"arm", wire_arm, METH_VARARGS, NULL},
    {"rearm", wire_rearm, METH_VARARGS, NULL},
    {"disarm", wire_disarm, METH_O, NULL},
    {"read", wire_read, METH_NOARGS, NULL},
    {"send", wire_send, METH_VARARGS, NULL},
    {"answer", wire_answer, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot WIRE_SLOTS[] = {
    {Py_tp_new, (void *)wire_new},           {Py_tp_dealloc, (void *)wire_free},
    {Py_tp_traverse, (void *)wire_traverse}, {Py_tp_clear, (void *)wire_clear},
    {Py_tp_methods, WIRE_METHODS},           {0, NULL},
};

static PyType_Spec WIRE_SPEC = {
    .name = "pithead.native._wire.Wire",
    .basicsize = sizeof(Wire),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = WIRE_SLOTS,
};

static int
execute(PyObject *module)
{
    if (!processor_has_sha()) {
        return 0;
    }
    PyObject *type = PyType_FromModuleAndSpec(module, &WIRE_SPEC, NULL);
    const int result = type == NULL || PyModule_AddType(module, (PyTypeObject *)type) < 0
                           ? -1
                           : PyModule_AddIntConstant(module, "MEASURE_FIELDS", M_FIELDS);
    Py_XDECREF(type);
    return result;
}
#else
static int
execute(PyObject *module)
{
    (void)module;
    return 0;
}
#endif

static PyModuleDef_Slot SLOTS[] = {{Py_mod_exec, (void *)execute}, {0, NULL}};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "_wire", NULL, 0, NULL, SLOTS, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__wire(void);

PyMODINIT_FUNC
PyInit__wire(void)
{
    return PyModuleDef_Init(&MODULE);
}
