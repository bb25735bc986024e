/* JSON as trees. A parser that works in place: texts point into the line that was read. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdio.h>

struct json {
    char is;         /* '{' '[' '"' 't' 'f' 'n', and '0' for a number */
    char *key;       /* in an object */
    char *text;      /* of a string: UTF-8, size octets and a NUL */
    size_t size;
    double number;
    bool whole;      /* a number without fraction and exponent */
    struct json *first, *next;
};

/* NULL for what is no JSON. The line has a NUL behind its last octet. */
struct json *json_parse(char *line, size_t size);
void json_free(struct json *);
struct json *json_get(const struct json *, const char *key);
void json_print(FILE *, const char *text); /* as a string */

#endif
