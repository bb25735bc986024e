/* What the adapter protocol says about messages and recipes, and how a request goes wrong. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <stdnoreturn.h>

#include "json.h"
#include "message.h"

/* These end the request with an answer; they are called before anything else is printed. */
noreturn void fault(const char *message, const char *detail);
noreturn void unsupported(const char *word);

/* Refuses a value that is no object, or has a key in neither list of words, or lacks a needed one. */
void known(const struct json *, const char *needed, const char *allowed);
bool listed(const char *word, const char *list);

void check_message(const struct json *);
struct message *make_message(const struct json *);
void free_message(struct message *);
void describe(FILE *, const struct message *);

#endif
