/* The Stockings wire format (conformance/SPEC.md, sections 4 to 6): messages to octets and back. */
#ifndef WIRE_H
#define WIRE_H

#include "message.h"

#define LARGEST (UINT64_C(1) << 30) /* octets of a message that is taken */

struct queue {
    struct message *first, **last;
};

void queue_put(struct queue *, struct message *);
struct message *queue_take(struct queue *);
void queue_clear(struct queue *);

/* A frame, as a message whose octets are those of the header and of the payload. */
struct message *framed(bool text, const void *payload, size_t size);
bool well_formed(const uint8_t *at, size_t size);

/* What a decoder knows between two octets. */
struct decoder {
    int count;               /* header octets of the present frame */
    bool text;
    uint64_t length;
    struct message *message; /* once its header is complete */
    size_t room;
};

/* Puts the messages that these octets complete into the inbox; false at a malformed one. */
bool decode(struct decoder *, const uint8_t *octets, size_t size, struct queue *inbox);

#endif
