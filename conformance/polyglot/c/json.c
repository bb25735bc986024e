#include "json.h"

#include <stdlib.h>
#include <string.h>

#define DEEPEST 100

static void skip(char **at) { *at += strspn(*at, " \t\r\n"); }

static int hex4(const char *at) {
    char digits[5] = {0};
    memcpy(digits, at, 4);
    return strspn(digits, "0123456789abcdefABCDEF") == 4 ? (int)strtol(digits, NULL, 16) : -1;
}

/* A lone surrogate becomes three octets, which are no UTF-8; stockings.c refuses them. */
static char *utf8(char *to, int point) {
    if (point < 0x80) return *to++ = (char)point, to;
    int tails = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    *to++ = (char)(0xFF00 >> (tails + 1) | point >> 6 * tails);
    while (tails--) *to++ = (char)(0x80 | (point >> 6 * tails & 0x3F));
    return to;
}

/* Decodes a string in its own place, from its first quotation mark; false if it is none. */
static bool string(char **at, char **text, size_t *size) {
    if (**at != '"') return false;
    char *from = *at + 1, *to = *text = from;
    while (*from != '"') {
        if ((unsigned char)*from < ' ') return false;
        if (*from != '\\') {
            *to++ = *from++;
            continue;
        }
        const char *names = "\"\\/bfnrt", *name = strchr(names, *++from);
        if (*from && name) {
            *to++ = "\"\\/\b\f\n\r\t"[name - names];
            from++;
            continue;
        }
        int point = *from == 'u' ? hex4(from + 1) : -1;
        if (point < 0) return false;
        from += 5;
        int low = point >> 10 == 0x36 && !strncmp(from, "\\u", 2) ? hex4(from + 2) : 0;
        if (low >> 10 == 0x37) {
            point = 0x10000 + ((point & 0x3FF) << 10) + (low & 0x3FF);
            from += 6;
        }
        to = utf8(to, point);
    }
    *size = (size_t)(to - *text);
    *at = from + 1;
    *to = 0;
    return true;
}

static bool value(char **at, struct json *into, int depth);

static bool members(char **at, struct json *into, int depth) {
    char close = *(*at)++ + 2; /* ']' and '}' stand two behind '[' and '{' */
    struct json **last = &into->first;
    for (skip(at); **at != close || into->first; skip(at)) {
        struct json *one = *last = calloc(1, sizeof *one);
        if (!one) abort();
        last = &one->next;
        size_t size;
        if (into->is == '{') {
            if (!string(at, &one->key, &size)) return false;
            skip(at);
            if (*(*at)++ != ':') return false;
        }
        if (!value(at, one, depth + 1)) return false;
        skip(at);
        if (**at == close) break;
        if (*(*at)++ != ',') return false;
    }
    ++*at;
    return true;
}

static bool value(char **at, struct json *into, int depth) {
    skip(at);
    into->is = **at;
    if (depth > DEEPEST) return false;
    if (**at == '{' || **at == '[') return members(at, into, depth);
    if (**at == '"') return string(at, &into->text, &into->size);
    for (const char **word = (const char *[]){"true", "false", "null", NULL}; *word; word++)
        if (!strncmp(*at, *word, strlen(*word))) return *at += strlen(*word), true;
    into->is = '0';
    size_t size = strspn(*at, "-0123456789.eE+");
    into->whole = size == strspn(*at, "-0123456789");
    char *end = *at;
    if (size) into->number = strtod(*at, &end);
    bool all = size && end == *at + size;
    *at = end;
    return all;
}

struct json *json_parse(char *line, size_t size) {
    struct json *root = calloc(1, sizeof *root);
    char *at = line;
    if (!root) abort();
    bool right = value(&at, root, 0);
    skip(&at);
    if (right && at == line + size) return root;
    json_free(root);
    return NULL;
}

void json_free(struct json *it) {
    while (it) {
        struct json *next = it->next;
        json_free(it->first);
        free(it);
        it = next;
    }
}

struct json *json_get(const struct json *it, const char *key) {
    struct json *one = it->is == '{' ? it->first : NULL;
    while (one && strcmp(one->key, key)) one = one->next;
    return one;
}

void json_print(FILE *out, const char *text) {
    putc('"', out);
    for (; *text; text++)
        if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')
            fprintf(out, "\\u%04x", *text);
        else
            putc(*text, out);
    putc('"', out);
}
