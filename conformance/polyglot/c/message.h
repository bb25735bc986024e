#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message: a text, as UTF-8, or bytes. */
struct message {
    bool text;
    size_t size;
    uint8_t *octets; /* freed with free() */
    struct message *next;
};

#endif
