/* Many Stratum V1 miners in one thread, for measuring a pool. They prove nothing: the pool under
 * test takes every hash for a share.
 *
 *   load submit PORT CONNECTIONS OUTSTANDING SECONDS
 *       keeps that many submits unanswered on every connection and counts the answers
 *   load idle PORT CONNECTIONS
 *       subscribes, authorises, says so and holds on until its standard input ends
 *   load notify PORT CONNECTIONS
 *       the same, and reports when each new block (a clean job) reached the connections
 *
 * It prints one JSON object a line. Times of arrival are seconds of CLOCK_MONOTONIC, which the
 * processes of one machine share.
 */
#include "miners.h"

enum {
    INPUT_SIZE = 16384,     /* a notification is some 3 KB */
    OPENING_AT_ONCE = 256,  /* below any backlog */
    MOST_OUTSTANDING = 256,
    LATENCY_STEPS = 200000, /* of 10 us: two seconds */
    FIRST_SUBMIT_ID = 100,
    LINE_SIZE = 256, HANDSHAKE_SECONDS = 60,
};

typedef struct {
    int fd;
    int authorised, has_job, was_ready;
    size_t held;
    int extranonce2_size;
    unsigned outstanding, sent, answered;
    uint64_t extranonce2;
    double sent_at[MOST_OUTSTANDING];
    double notified_at;
    char job_id[64], time[16];
    char input[INPUT_SIZE];
} Miner;

static Miner *miners;
static int connections, ready, port, poller;
static unsigned window;
static int counting;
static uint64_t accepted, rejected, latencies[LATENCY_STEPS], arrivals;

/* Writes all of it: what miners send is far less than a socket's buffer holds. */
static void
send_all(const Miner *miner, const char *data, size_t size)
{
    while (size > 0) {
        const ssize_t written = send(miner->fd, data, size, MSG_NOSIGNAL);
        if (written < 0 && (errno == EAGAIN || errno == EINTR)) {
            continue;
        }
        if (written < 0) {
            fail("send");
        }
        data += written;
        size -= (size_t)written;
    }
}

static void
open_miner(int index)
{
    Miner *miner = &miners[index];
    miner->fd = dial((uint32_t)index, port, poller, miner);
    char hello[LINE_SIZE];
    const int size = snprintf(hello, sizeof(hello),
        "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"load/1\"]}\n"
        "{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"load.%d\",\"x\"]}\n", index);
    send_all(miner, hello, (size_t)size);
}

/* ---- What the pool says ------------------------------------------------------------------ */

/* The text after `"name":` and any spaces, NULL where there is none. */
static const char *
member(const char *line, const char *name)
{
    char key[32];
    snprintf(key, sizeof(key), "\"%s\":", name);
    const char *found = strstr(line, key);
    if (found == NULL) {
        return NULL;
    }
    found += strlen(key);
    return found + strspn(found, " ");
}

/* {"params":["id","prev","1","2",[...],"version","bits","time",clean],...} */
static void
read_job(Miner *miner, const char *params, double at)
{
    if (sscanf(params, "[ \"%63[^\"]\"", miner->job_id) != 1) {
        fail("no job id");
    }
    const char *after_branch = strchr(params + 1, ']');
    const char *end = after_branch == NULL ? NULL : strchr(after_branch + 1, ']');
    if (end == NULL) {
        fail("no end of a job");
    }
    const int clean = end[-2] == 'u'; /* true or false */
    const char *quote = end;
    while (*--quote != '"') {}
    const char *start = quote;
    while (*--start != '"') {}
    snprintf(miner->time, sizeof(miner->time), "%.*s", (int)(quote - start - 1), start + 1);
    miner->has_job = 1;
    if (clean && ready == connections && miner->notified_at == 0) {
        miner->notified_at = at;
        arrivals++;
    }
}

static void
count_answer(Miner *miner, int is_true, double at)
{
    const double took = at - miner->sent_at[miner->answered++ % MOST_OUTSTANDING];
    miner->outstanding--;
    if (!counting) {
        return;
    }
    size_t step = (size_t)(took * 1e5);
    latencies[step < LATENCY_STEPS ? step : LATENCY_STEPS - 1]++;
    *(is_true ? &accepted : &rejected) += 1;
}

static void
take_line(Miner *miner, const char *line, double at)
{
    const char *id = member(line, "id"), *result = member(line, "result");
    const char *params = member(line, "params");
    if (params != NULL) {
        if (strstr(line, "\"mining.notify\"") != NULL) {
            read_job(miner, params, at);
        }
    } else if (id != NULL && result != NULL) {
        const long number = strtol(id, NULL, 10);
        const int is_true = strncmp(result, "true", 4) == 0;
        if (number >= FIRST_SUBMIT_ID) {
            count_answer(miner, is_true, at);
        } else if (number == 1) {
            miner->extranonce2_size = extranonce2_size_of(result);
        } else if (!is_true) {
            fail("not authorised");
        } else {
            miner->authorised = 1;
        }
    }
    if (!miner->was_ready && miner->has_job && miner->authorised && miner->extranonce2_size) {
        miner->was_ready = 1;
        ready++;
    }
}

/* ---- What the miners say ----------------------------------------------------------------- */

static void
fill_window(Miner *miner)
{
    char batch[MOST_OUTSTANDING * LINE_SIZE];
    size_t size = 0;
    const double at = now();
    while (miner->outstanding < window) {
        const unsigned number = miner->sent++;
        size += (size_t)snprintf(batch + size, LINE_SIZE,
            "{\"id\":%u,\"method\":\"mining.submit\",\"params\":"
            "[\"load.%d\",\"%s\",\"%0*llx\",\"%s\",\"%08x\"]}\n",
            FIRST_SUBMIT_ID + number, (int)(miner - miners), miner->job_id,
            2 * miner->extranonce2_size, (unsigned long long)(miner->extranonce2++ & 0xffff),
            miner->time, number);
        miner->sent_at[number % MOST_OUTSTANDING] = at;
        miner->outstanding++;
    }
    send_all(miner, batch, size);
}

static void
read_miner(Miner *miner)
{
    const ssize_t got =
        recv(miner->fd, miner->input + miner->held, INPUT_SIZE - 1 - miner->held, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got <= 0) {
        fail("the pool closed a connection");
    }
    const double at = now();
    miner->held += (size_t)got;
    miner->input[miner->held] = 0;
    char *line = miner->input, *end;
    while ((end = strchr(line, '\n')) != NULL) {
        *end = 0;
        take_line(miner, line, at);
        line = end + 1;
    }
    miner->held -= (size_t)(line - miner->input);
    memmove(miner->input, line, miner->held);
    if (window > 0 && miner->was_ready) {
        fill_window(miner);
    }
}

/* Serves events until `until`, or for one wait. 0 once the standard input has ended. */
static int
serve(int wait_ms)
{
    struct epoll_event events[512];
    const int count = epoll_wait(poller, events, 512, wait_ms);
    for (int index = 0; index < count; index++) {
        if (events[index].data.ptr == NULL) {
            char ignored[256];
            if (read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0) {
                return 0;
            }
        } else {
            read_miner(events[index].data.ptr);
        }
    }
    return 1;
}

static void
open_all(void)
{
    const double deadline = now() + HANDSHAKE_SECONDS;
    for (int opened = 0; ready < connections;) {
        while (opened < connections && opened - ready < OPENING_AT_ONCE) {
            open_miner(opened++);
        }
        serve(100);
        if (now() > deadline) {
            errno = ETIMEDOUT;
            fail("subscribing");
        }
    }
}

/* ---- The modes --------------------------------------------------------------------------- */

static double
latency_us(double part)
{
    const uint64_t wanted = (uint64_t)((double)(accepted + rejected) * part);
    uint64_t seen = 0;
    size_t step = 0;
    while (step < LATENCY_STEPS - 1 && (seen += latencies[step]) <= wanted) {
        step++;
    }
    return (double)(step + 1) * 10;
}

static void
submit_mode(unsigned outstanding, double seconds)
{
    window = outstanding;
    for (int index = 0; index < connections; index++) {
        fill_window(&miners[index]);
    }
    for (const double warm = now() + 0.3; now() < warm;) {
        serve(100);
    }
    counting = 1;
    const double start = now();
    while (now() < start + seconds) {
        serve(100);
    }
    const double elapsed = now() - start;
    printf("{\"accepted\":%llu,\"rejected\":%llu,\"per_second\":%.0f,\"p50_us\":%.0f,"
           "\"p99_us\":%.0f}\n",
           (unsigned long long)accepted, (unsigned long long)rejected,
           (double)(accepted + rejected) / elapsed, latency_us(0.5), latency_us(0.99));
}

static int
by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void
report_arrivals(void)
{
    double *times = calloc((size_t)connections, sizeof(double));
    if (times == NULL) {
        fail("memory");
    }
    for (int index = 0; index < connections; index++) {
        times[index] = miners[index].notified_at;
        miners[index].notified_at = 0;
    }
    qsort(times, (size_t)connections, sizeof(double), by_value);
    printf("{\"first\":%.9f,\"p50\":%.9f,\"p99\":%.9f,\"last\":%.9f}\n", times[0],
           times[connections / 2], times[connections * 99 / 100], times[connections - 1]);
    fflush(stdout);
    free(times);
    arrivals = 0;
}

static void
hold_mode(int reports)
{
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input);
    printf("{\"ready\":%d}\n", ready);
    fflush(stdout);
    while (serve(1000)) {
        if (reports && arrivals == (uint64_t)connections) {
            report_arrivals();
        }
    }
}

int
main(int count, char **arguments)
{
    const char *mode = count > 3 ? arguments[1] : "";
    const int submits = strcmp(mode, "submit") == 0;
    if (count != (submits ? 6 : 4)) {
        fail("usage: load submit|idle|notify PORT CONNECTIONS [OUTSTANDING SECONDS]");
    }
    port = atoi(arguments[2]);
    connections = atoi(arguments[3]);
    const int outstanding = submits ? atoi(arguments[4]) : 1;
    if (connections < 1 || outstanding < 1 || outstanding > MOST_OUTSTANDING) {
        fail("connections from 1, outstanding from 1 to 256");
    }
    have_many_files();
    miners = calloc((size_t)connections, sizeof(Miner));
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (miners == NULL || poller < 0) {
        fail("start");
    }
    open_all();
    if (submits) {
        submit_mode((unsigned)outstanding, atof(arguments[5]));
    } else {
        hold_mode(strcmp(mode, "notify") == 0);
    }
    return 0;
}
