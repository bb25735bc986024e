#include "wire.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

void queue_put(struct queue *queue, struct message *message) {
    message->next = NULL;
    *queue->last = message;
    queue->last = &message->next;
}

struct message *queue_take(struct queue *queue) {
    struct message *message = queue->first;
    if (message && !(queue->first = message->next)) queue->last = &queue->first;
    return message;
}

void queue_clear(struct queue *queue) {
    for (struct message *message; (message = queue_take(queue)); free(message)) free(message->octets);
}

static struct message *filled(bool text, size_t room) {
    struct message *message = calloc(1, sizeof *message);
    if (!message || !(message->octets = malloc(room ? room : 1))) abort();
    message->text = text;
    return message;
}

/* Whether the octets are well-formed UTF-8: a row of the grammar in SPEC.md, section 5, each. */
bool well_formed(const uint8_t *at, size_t size) {
    for (const uint8_t *end = at + size; at < end;) {
        uint8_t first = *at++, low = 0x80, high = 0xBF;
        if (first < 0x80) continue;
        int tails = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
        if (first < 0xC2 || first > 0xF4 || end - at < tails) return false;
        if (first == 0xE0) low = 0xA0;
        if (first == 0xED) high = 0x9F;
        if (first == 0xF0) low = 0x90;
        if (first == 0xF4) high = 0x8F;
        for (; tails--; at++, low = 0x80, high = 0xBF)
            if (*at < low || *at > high) return false;
    }
    return true;
}

struct message *framed(bool text, const void *payload, size_t size) {
    struct message *frame = filled(text, size + 10);
    uint8_t *at = frame->octets, octet = size % 64 + (text ? 0 : 64);
    for (size_t rest = size / 64; rest; rest /= 128) {
        *at++ = octet;
        octet = rest % 128;
    }
    *at++ = octet + 128;
    memcpy(at, payload, size);
    frame->size = (size_t)(at - frame->octets) + size;
    return frame;
}

/* Takes header octets up to the last one, or payload octets; returns how many, or -1. */
static ptrdiff_t header(struct decoder *it, const uint8_t *octets, size_t size) {
    for (size_t at = 0; at < size; at++) {
        uint8_t octet = octets[at];
        if (++it->count > 10) return -1;
        int shift = 7 * it->count - 8;
        if (it->count == 1) {
            it->text = !(octet & 64);
            it->length = octet & 63;
        } else if (shift < 62) {
            it->length += (uint64_t)(octet & 127) << shift;
        } else if (octet & 127) {
            it->length = UINT64_MAX; /* more than 62 bits, which is above any limit */
        }
        if (octet < 128) continue;
        if (it->length > LARGEST) return -1;
        it->room = it->length < 4096 ? it->length : 4096;
        it->message = filled(it->text, it->room);
        return (ptrdiff_t)at + 1;
    }
    return (ptrdiff_t)size;
}

static size_t payload(struct decoder *it, const uint8_t *octets, size_t size) {
    struct message *message = it->message;
    size_t missing = it->length - message->size, taken = size < missing ? size : missing;
    while (message->size + taken > it->room) { /* memory grows with what has arrived */
        it->room = it->room * 2 < it->length ? it->room * 2 : it->length;
        if (!(message->octets = realloc(message->octets, it->room))) abort();
    }
    memcpy(message->octets + message->size, octets, taken);
    message->size += taken;
    return taken;
}

/* Puts the messages that these octets complete into the inbox; false at a malformed one. */
bool decode(struct decoder *it, const uint8_t *octets, size_t size, struct queue *inbox) {
    while (size) {
        ptrdiff_t taken = it->message ? (ptrdiff_t)payload(it, octets, size)
                                      : header(it, octets, size);
        if (taken < 0) return false;
        octets += taken;
        size -= (size_t)taken;
        if (!it->message || it->message->size < it->length) continue;
        if (it->text && !well_formed(it->message->octets, it->length)) return false;
        queue_put(inbox, it->message);
        *it = (struct decoder){0};
    }
    return true;
}
