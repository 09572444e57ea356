/* Reads a share as miners plainly write it, and no other line.
 *
 * Printable ASCII without escapes, each member once, an id that is a whole number, a string or
 * null, five strings or six for parameters.
 */
#ifndef PITHEAD_SUBMIT_H
#define PITHEAD_SUBMIT_H

#include <stdint.h>
#include <string.h>

enum { MOST_PARAMS = 6, LEAST_PARAMS = 5, WORD_DIGITS = 8, LONGEST_EXTRANONCE2 = 16 };
enum { LONGEST_NUMBER = 18 };

/* A piece of the line; no start where there is none. */
typedef struct {
    const char *start;
    size_t size;
} Text;

typedef struct {
    const char *at, *end;
} Cursor;

enum { NAME, JOB_ID, SHARE_EXTRANONCE2, TIME, NONCE, VERSION_BITS };

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
is_bytes(Text text, const void *data, size_t size)
{
    return text.size == size && memcmp(text.start, data, size) == 0;
}

static int
equals(Text text, const char *word)
{
    return is_bytes(text, word, strlen(word));
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

#endif
