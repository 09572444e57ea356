/* What all load generators do alike: a clock, an end, sockets with loopback addresses of their own,
 * and the size of the extranonce2 that a pool names.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void
fail(const char *what)
{
    fprintf(stderr, "miners: %s: %s\n", what, errno ? strerror(errno) : "unexpected");
    exit(1);
}

static void
have_many_files(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

/* A connection to the pool from the loopback address of that machine, watched as `miner`. */
static int
dial(uint32_t number, int port, int poller, void *miner)
{
    const uint32_t host = 0x7f010001u + number / 250 * 256 + number % 250;
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(host)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
        fail("connect");
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = miner};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) {
        fail("epoll_ctl");
    }
    return fd;
}

/* {"result":[[...],"extranonce1",SIZE],...}: the size is the number behind the last text. */
static int
extranonce2_size_of(const char *line)
{
    int size = 0;
    const char *at = strstr(line, "]]");
    at = at == NULL ? NULL : strchr(at, '"');
    at = at == NULL ? NULL : strchr(at + 1, '"');
    if (at == NULL || sscanf(at + 1, " , %d", &size) != 1 || size < 2 || size > 16) {
        fail("no extranonce2 size in the subscription");
    }
    return size;
}
