/* A great many Stratum V1 miners in one process, each submitting now and then as real ones do.
 *
 *   crowd PORT MINERS SHARES_PER_MINUTE FIRST USERS
 *
 * The first of them has the number FIRST, its own loopback address, and works for the user
 * FIRST % USERS. They prove nothing: the pool under test takes every hash for a share. Commands are
 * lines on the standard input, each answered by one JSON object:
 *
 *   ready     once all are connected, authorised and have a job
 *   go        from now on they submit, each at its own moment
 *   hush      no more submits
 *   report    what was sent and answered since `go`, and when the last clean job reached each, in
 *             seconds of CLOCK_MONOTONIC, which the processes of one machine share
 */
#include "miners.h"

enum {
    INPUT_SIZE = 65536,
    OPENING_AT_ONCE = 64,
    LATENCY_STEPS = 100000, /* of 100 us: ten seconds */
    LINE_SIZE = 320,
    FIRST_SUBMIT_ID = 100,
    WAIT_MS = 2,
};

typedef struct {
    int fd;
    uint8_t authorised, subscribed, has_job, was_ready;
    uint16_t held; /* bytes of an unfinished line */
    uint32_t sent, answered, job;
    float sent_at; /* of the oldest submit without an answer, since the start */
    double notified_at;
    char *rest;
} Miner;

/* A front end numbers its jobs itself: few are about at a time, shared by many miners. */
typedef struct {
    char id[24], time[12];
} Job;

enum { JOBS = 1 << 16 };

static Miner *miners;
static Job *jobs;
static uint32_t newest_job;
static int miner_count, ready, port, poller, first, users, extranonce2_size;
static int is_going;
static double rate, went_at, started_at;
static uint64_t due, accepted, rejected, sent, late, latencies[LATENCY_STEPS];
static char input[INPUT_SIZE + 1];

static void
say(const Miner *miner, const char *data, size_t size)
{
    if (send(miner->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size) {
        fail("send");
    }
}

static void
open_miner(int index)
{
    Miner *miner = &miners[index];
    const uint32_t number = (uint32_t)(first + index);
    miner->fd = dial(number, port, poller, miner);
    char hello[LINE_SIZE];
    const int size = snprintf(hello, sizeof(hello),
        "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"crowd/1\"]}\n"
        "{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"u%u.w%u\",\"x\"]}\n",
        number % (uint32_t)users, number);
    say(miner, hello, (size_t)size);
}

/* ---- What the pool says ------------------------------------------------------------------ */

/* The job of a notification, kept once for all who were told of it. */
static void
read_job(Miner *miner, const char *line, const char *end, double at)
{
    const char *id = strstr(line, "\"params\":[\"");
    if (id == NULL) {
        fail("no job id");
    }
    id += strlen("\"params\":[\"");
    const char *id_end = strchr(id, '"');
    Job *job = &jobs[newest_job % JOBS];
    if (strncmp(job->id, id, (size_t)(id_end - id)) != 0 || job->id[id_end - id] != 0) {
        job = &jobs[++newest_job % JOBS];
        snprintf(job->id, sizeof(job->id), "%.*s", (int)(id_end - id), id);
        const char *quote = end;
        while (*--quote != ']') {}
        while (*--quote != '"') {}
        const char *start = quote;
        while (*--start != '"') {}
        snprintf(job->time, sizeof(job->time), "%.*s", (int)(quote - start - 1), start + 1);
    }
    miner->job = newest_job;
    miner->has_job = 1;
    if (memmem(end - 60 < line ? line : end - 60, 60, "true]", 5) != NULL) {
        miner->notified_at = at;
    }
}

static void
count_answer(Miner *miner, int is_true, double at)
{
    const double took = at - started_at - (double)miner->sent_at;
    miner->answered++;
    *(is_true ? &accepted : &rejected) += 1;
    const size_t step = took < 0 ? 0 : (size_t)(took * 1e4);
    latencies[step < LATENCY_STEPS ? step : LATENCY_STEPS - 1]++;
}

static void
take_line(Miner *miner, const char *line, const char *end, double at)
{
    if (strstr(line, "mining.notify\",\"params\"") != NULL ||
        strstr(line, "\"method\":\"mining.notify\"") != NULL) {
        read_job(miner, line, end, at);
    } else if (strncmp(line, "{\"id\":", 6) == 0) {
        const long number = strtol(line + 6, NULL, 10);
        if (number >= FIRST_SUBMIT_ID) {
            count_answer(miner, strstr(line, "\"result\":true") != NULL, at);
        } else if (number == 1) {
            extranonce2_size = extranonce2_size_of(line);
            miner->subscribed = 1;
        } else if (number == 2) {
            miner->authorised = 1;
        }
    }
    if (!miner->was_ready && miner->has_job && miner->authorised && miner->subscribed) {
        miner->was_ready = 1;
        ready++;
    }
}

static void
read_miner(Miner *miner)
{
    memcpy(input, miner->rest, miner->held);
    const ssize_t got =
        recv(miner->fd, input + miner->held, INPUT_SIZE - miner->held, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got <= 0) {
        fail("the pool closed a connection");
    }
    const double at = now();
    const size_t size = miner->held + (size_t)got;
    input[size] = 0;
    char *line = input, *end;
    while ((end = memchr(line, '\n', size - (size_t)(line - input))) != NULL) {
        *end = 0;
        take_line(miner, line, end, at);
        line = end + 1;
    }
    miner->held = (uint16_t)(size - (size_t)(line - input));
    if (miner->held > 0) {
        miner->rest = realloc(miner->rest, miner->held);
        memcpy(miner->rest, line, miner->held);
    } else if (miner->rest != NULL) {
        free(miner->rest);
        miner->rest = NULL;
    }
}

/* ---- What the miners say ----------------------------------------------------------------- */

static void
submit(Miner *miner, double at)
{
    const Job *job = &jobs[miner->job % JOBS];
    char line[LINE_SIZE];
    const uint32_t number = (uint32_t)(first + (miner - miners));
    const int size = snprintf(line, sizeof(line),
        "{\"id\":%u,\"method\":\"mining.submit\",\"params\":[\"u%u.w%u\",\"%s\",\"%0*x\",\"%s\","
        "\"%08x\"]}\n", FIRST_SUBMIT_ID + miner->sent, number % (uint32_t)users, number, job->id,
        2 * extranonce2_size, miner->sent, job->time, number);
    if (miner->sent == miner->answered) {
        miner->sent_at = (float)(at - started_at);
    }
    miner->sent++;
    sent++;
    say(miner, line, (size_t)size);
}

static void
submit_what_is_due(void)
{
    if (!is_going) {
        return;
    }
    const double at = now();
    const uint64_t wanted = (uint64_t)((at - went_at) * rate * miner_count / 60.0);
    if (wanted > due + (uint64_t)miner_count) {
        late++;
    }
    while (due < wanted) {
        submit(&miners[due++ % (uint64_t)miner_count], at);
    }
}

/* ---- Commands ---------------------------------------------------------------------------- */

static double
latency_ms(double part)
{
    const uint64_t answered = accepted + rejected;
    const uint64_t wanted = answered == 0 ? 0 : (uint64_t)((double)(answered - 1) * part);
    uint64_t seen = 0;
    size_t step = 0;
    while (step < LATENCY_STEPS - 1 && (seen += latencies[step]) <= wanted) {
        step++;
    }
    return (double)(step + 1) / 10.0;
}

static void
report(void)
{
    printf("{\"sent\":%llu,\"accepted\":%llu,\"rejected\":%llu,\"late\":%llu,\"p50_ms\":%.1f,"
           "\"p99_ms\":%.1f,\"most_ms\":%.1f,\"seconds\":%.3f,\"notified\":[",
           (unsigned long long)sent, (unsigned long long)accepted, (unsigned long long)rejected,
           (unsigned long long)late, latency_ms(0.5), latency_ms(0.99), latency_ms(1.0),
           now() - went_at);
    for (int index = 0; index < miner_count; index++) {
        printf(index ? ",%.4f" : "%.4f", miners[index].notified_at);
    }
    printf("]}\n");
    fflush(stdout);
}

static int
obey(void)
{
    char command[256];
    const ssize_t size = read(STDIN_FILENO, command, sizeof(command) - 1);
    if (size <= 0) {
        return 0;
    }
    command[size] = 0;
    if (strncmp(command, "report", 6) == 0) {
        report();
        return 1;
    }
    if (strncmp(command, "go", 2) == 0) {
        is_going = 1;
        went_at = now();
        due = sent = accepted = rejected = late = 0;
        memset(latencies, 0, sizeof(latencies));
    } else if (strncmp(command, "hush", 4) == 0) {
        is_going = 0;
    }
    printf("{\"ready\":%d}\n", ready);
    fflush(stdout);
    return 1;
}

static int
serve(int wait_ms)
{
    struct epoll_event events[512];
    const int count = epoll_wait(poller, events, 512, wait_ms);
    for (int index = 0; index < count; index++) {
        if (events[index].data.ptr == NULL) {
            if (!obey()) {
                return 0;
            }
        } else {
            read_miner(events[index].data.ptr);
        }
    }
    submit_what_is_due();
    return 1;
}

int
main(int count, char **arguments)
{
    if (count != 6) {
        fail("usage: crowd PORT MINERS SHARES_PER_MINUTE FIRST USERS");
    }
    port = atoi(arguments[1]);
    miner_count = atoi(arguments[2]);
    rate = atof(arguments[3]);
    first = atoi(arguments[4]);
    users = atoi(arguments[5]);
    have_many_files();
    started_at = now();
    miners = calloc((size_t)miner_count, sizeof(Miner));
    jobs = calloc(JOBS, sizeof(Job));
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (miners == NULL || jobs == NULL || poller < 0) {
        fail("start");
    }
    for (int opened = 0; ready < miner_count;) {
        while (opened < miner_count && opened - ready < OPENING_AT_ONCE) {
            open_miner(opened++);
        }
        serve(100);
    }
    struct epoll_event commands = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &commands);
    printf("{\"ready\":%d}\n", ready);
    fflush(stdout);
    while (serve(WAIT_MS)) {}
    return 0;
}
