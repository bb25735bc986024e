/* What the adapter protocol (conformance/ADAPTERS.md) says about lines, messages and recipes. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"
#define DIGITS "0123456789"
#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS "+/"
enum { LINE_LIMIT = 1 << 20, DEEPEST = 100 };

/* To be defined by the adapter: its verbs, with the keys of their requests, a blank before each;
   and a lock, which whatever answers a request holds, and lets go of while it waits. */
extern const struct verb { const char *name, *keys; void (*call)(const char *request); } VERBS[];
extern pthread_mutex_t lock;
static _Thread_local const char *id;   /* of the request that this thread answers */
static _Thread_local jmp_buf refused;  /* where it goes on when that has been done early */

static void answer(const char *kind, const char *format, ...) {
    va_list values;
    va_start(values, format);
    printf("{\"id\": %.*s, \"%s\": ", (int)strcspn(id, ",}" BLANKS), id, kind);
    vprintf(format, values);
    va_end(values);
}
static _Noreturn void fault(const char *message, const char *detail) {
    answer("fault", "{\"message\": \"%s%s\"}", message, detail);
    longjmp(refused, 1);
}

/* A value of JSON is known by where it begins. Returns where it ends; NULL if it is none. */
static const char *end_of(const char *at, int depth) {
    char close = *at == '{' ? '}' : ']';
    if (*at == '"') {
        while (*++at != '"') {
            if ((signed char)*at < ' ') return NULL;  /* a control character, or beyond ASCII */
            if (*at == '\\' && (*++at == 'u' ? strspn(at + 1, DIGITS "abcdefABCDEF") < 4
                                             : !strspn(at, "\"\\/bfnrt"))) return NULL;
        }
        return at + 1;
    } else if (*at != '{' && *at != '[') {
        size_t sign = *at == '-', digits = strspn(at + sign, DIGITS);
        char *end = (char *)at;
        for (const char **word = (const char *[]){"true", "false", "null", NULL}; *word; word++)
            if (!strncmp(at, *word, strlen(*word))) return at + strlen(*word);
        if (digits == 1 || (digits && at[sign] != '0')) strtod(at, &end);
        return end > at ? end : NULL;
    }
    at += 1 + strspn(at + 1, BLANKS);
    for (bool key = close == '}', more = *at != close; more; key = close == '}' && !key) {
        if (depth == DEEPEST || (key && *at != '"') || !(at = end_of(at, depth + 1))) return NULL;
        at += strspn(at, BLANKS);
        more = key || *at != close;
        if (more && *at++ != (key ? ':' : ',')) return NULL;
        at += strspn(at, BLANKS);
    }
    return at + 1;
}
static _Noreturn void unsupported(const char *word) {
    answer("unsupported", "%.*s", (int)(end_of(word, 0) - word), word);
    longjmp(refused, 1);
}

/* The values of a list or an object, in which keys are values too; NULL if there is no more. */
static const char *value(const char *at) {
    at += strspn(at, ",:" BLANKS);
    return *at == ']' || *at == '}' ? NULL : at;
}
static const char *first(const char *list) { return value(list + 1); }
static const char *next(const char *before) { return value(end_of(before, 0)); }

/* Whether a value is this word, which ends with its string or at a blank. */
static bool is(const char *string, const char *word) {
    size_t size = strcspn(word, " ");
    return *string == '"' && !strncmp(string + 1, word, size) && string[size + 1] == '"';
}
static const char *get(const char *object, const char *key) {
    const char *at = first(object);
    while (at && !is(at, key)) at = next(next(at));
    return at ? next(at) : NULL;
}
/* The value of a key that has to be there, and to begin with one of these characters. */
static const char *need(const char *object, const char *key, const char *beginnings) {
    const char *found = get(object, key);
    if (!found || !strchr(beginnings, *found)) fault("missing, or of the wrong kind: ", key);
    return found;
}
static double number(const char *object, const char *key) {
    double value = strtod(need(object, key, DIGITS), NULL);
    if (value > 1e10) fault("more than 1e10: ", key);
    return value;
}
static void known(const char *object, const char *keys) {
    if (*object != '{') fault("this is no object", "");
    for (const char *at = first(object); at; at = next(next(at))) {
        const char *key = keys;
        while (key && !is(at, key + 1)) key = strchr(key + 1, ' ');
        if (!key) unsupported(at);
    }
}

static unsigned char *utf8(unsigned char *to, unsigned point) {
    int tails = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    *to++ = (tails ? 0xF80 >> tails : 0) | point >> 6 * tails;
    while (tails--) *to++ = 0x80 | (point >> 6 * tails & 0x3F);
    return to;
}
static unsigned hex(const char *at) {
    return (unsigned)strtoul((char[]){at[0], at[1], at[2], at[3], 0}, NULL, 16);
}
/* Writes what a string stands for, to its end. A lone surrogate becomes three octets. */
static unsigned char *unescape(const char *at, unsigned char *to) {
    while (*++at != '"') {
        if (*at != '\\') {
            *to++ = *at;
        } else if (*++at != 'u') {
            const char *control = strchr("b\bf\fn\nr\rt\t", *at);
            *to++ = control ? control[1] : *at;
        } else {
            unsigned point = hex(at + 1), low = strncmp(at + 5, "\\u", 2) ? 0 : hex(at + 7);
            bool pair = point >> 10 == 0x36 && low >> 10 == 0x37;
            to = utf8(to, pair ? 0x10000 + ((point & 0x3FF) << 10 | (low & 0x3FF)) : point);
            at += pair ? 10 : 4;
        }
    }
    return to;
}
/* The same of a string in base64, whose padding and backslashes mean nothing. */
static unsigned char *unbase64(const char *at, unsigned char *to) {
    unsigned held = 0, bits = 0;
    while (*++at != '"') {
        const char *digit = strchr(BASE64, *at);
        if (!digit) continue;
        held = held << 6 | (unsigned)(digit - BASE64);
        if ((bits += 6) >= 8) *to++ = held >> (bits -= 8);
    }
    return to;
}

/* Writes a recipe, and the octet behind it: it shows whether the last code point is whole. */
static unsigned char *recipe(bool text, unsigned long long x, size_t length, unsigned char *to) {
    static const unsigned ALPHABET[] = {'A', 'z', '0', '~', 0xE9, 0xDF, 0x3A9, 0x416, 0x5D0,
                                        0x20AC, 0x4E2D, 0xFFFD, 0x1F600, 0x10FFFF, 0, '\n'};
    unsigned char unit[4096], *end = unit, *cut = to + length;
    for (int count = text ? 1024 : 4088; count--;) {
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF;
        if (text) end = utf8(end, ALPHABET[x >> 16 & 15]);
        else *end++ = x >> 16;
    }
    for (size_t i = 0, block = 8 + (size_t)(end - unit); i <= length; i++) {
        size_t k = i / block, at = i % block;
        if (at >= 8) to[i] = unit[at - 8];
        else if (text) to[i] = "0123456789abcdef"[k >> (28 - 4 * at) & 15];
        else to[i] = k >> (56 - 8 * at);
    }
    while (text && (*cut & 0xC0) == 0x80) cut--;
    memset(cut, '.', (size_t)(to + length - cut));
    return to + length;
}

/* The octets of a message of a request, to be freed. */
static unsigned char *message(const char *what, bool *text, size_t *size) {
    known(what, " kind text base64 seed length surrogate");
    const char *kind = need(what, "kind", "\""), *key = is(kind, "text") ? "text" : "base64";
    if (!(*text = is(kind, "text")) && !is(kind, "bytes")) unsupported(kind);
    const char *string = get(what, key) ? need(what, key, "\"") : NULL;
    if (get(what, "surrogate")) string = "\"a\\ud800b\"";
    *size = string ? (size_t)(end_of(string, 0) - string) : (size_t)number(what, "length");
    double seed = string ? 0 : number(what, "seed");
    unsigned char *octets = malloc(*size + 1), *end;
    if (!octets) fault("there is no memory for it", "");
    if (!string) end = recipe(*text, (unsigned long long)seed, *size, octets);
    else end = *text ? unescape(string, octets) : unbase64(string, octets);
    *size = (size_t)(end - octets);
    return octets;
}

static void print_base64(const char *key, const unsigned char *at, size_t size) {
    printf(", \"%s\": \"", key);
    for (size_t i = 0; i < (size + 2) / 3 * 4; i++) {
        size_t from = i * 6 / 8;  /* the octet with the first bit of this digit */
        unsigned pair = from < size ? (unsigned)at[from] << 8 : 0;
        if (from + 1 < size) pair |= at[from + 1];
        putchar(from < size ? BASE64[pair >> (10 - i * 6 % 8) & 63] : '=');
    }
    putchar('"');
}
/* Prints the facts about a message that was delivered. */
static void describe(bool text, const unsigned char *octets, size_t size) {
    unsigned crc = 0xFFFFFFFF;
    for (size_t i = 0; i < 8 * size; i++) {
        if (i % 8 == 0) crc ^= octets[i / 8];
        crc = crc >> 1 ^ (crc & 1) * 0xEDB88320;
    }
    const char *kind = text ? "text" : "bytes";
    size_t edge = size < 32 ? size : 32;
    printf("{\"kind\": \"%s\", \"length\": %zu, \"crc32\": \"%08x\"", kind, size, ~crc);
    print_base64("head", octets, edge);
    print_base64("tail", octets + size - edge, edge);
    if (size <= 4096) print_base64("base64", octets, size);
    putchar('}');
}

static void *obey(void *line) {
    const char *request = (char *)line + strspn(line, BLANKS);
    const char *end = *request == '{' ? end_of(request, 0) : NULL;
    const char *given = end && !end[strspn(end, BLANKS)] ? get(request, "id") : NULL;
    id = "null";
    pthread_mutex_lock(&lock);
    if (!setjmp(refused)) {
        if (!given || !strchr(",}" BLANKS, given[strspn(given, "-" DIGITS)]))
            fault("no JSON object with an integer id, in at most 1 MiB", "");
        id = given;
        const struct verb *verb = VERBS;
        while (verb->name && !is(need(request, "do", "\""), verb->name)) verb++;
        if (!verb->name) unsupported(get(request, "do"));
        known(request, verb->keys);
        verb->call(request);
    }
    puts("}");
    fflush(stdout);
    pthread_mutex_unlock(&lock);
    free(line);
    return NULL;
}
/* The verb that ends the process. */
static void do_bye(const char *request) {
    (void)request;
    answer("ok", "{}}\n");
    fflush(stdout);
    _Exit(0);
}
/* Obeys the lines of stdin, each in a thread of its own, until its end. There are no options. */
static _Noreturn void serve(int count, char **words) {
    if (count > 1 && fprintf(stderr, "unknown option %s\n", words[1])) _Exit(89);
    for (;;) {
        char *line = NULL;
        pthread_t thread;
        ssize_t size = getline(&line, &(size_t){0}, stdin);
        if (size <= 0) _Exit(0);
        if (size > LINE_LIMIT + 1 || strlen(line) < (size_t)size) *line = 0;
        if (pthread_create(&thread, NULL, obey, line) || pthread_detach(thread)) abort();
    }
}
