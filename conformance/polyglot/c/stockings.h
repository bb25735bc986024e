/* Stockings in C: whole messages, texts (UTF-8) or bytes, over a connected stream socket. */
#ifndef STOCKINGS_H
#define STOCKINGS_H

#include <pthread.h>
#include <stdbool.h>

#include "wire.h"

#define LINGER 5 /* seconds that a close gives the other side */

/* One end of a connection, used by any number of threads. */
struct stocking {
    int fd;
    pthread_mutex_t lock;
    pthread_cond_t changed;       /* whatever stands below has changed */
    struct queue inbox, outbox;   /* the outbox holds frames; its first one is being sent */
    bool handshaken, vain;        /* vain: its handshake has noticed the end, never to be ready */
    bool finished, sent;          /* nothing more comes in, nothing more can go out */
    bool closing, closed;
    const char *end;              /* how the other side's direction ended, unless there is a cause */
    const char *cause;            /* why the connection has ended, the first reason that there was */
    pthread_t reader, writer;
};

/* Takes the socket; with a handshake to come, which calls stocking_complete at its end. */
void stocking_start(struct stocking *, int fd, bool handshake);
void stocking_complete(struct stocking *, bool content);

/* These return NULL, or the name of what is wrong. What is queued is a copy. `hand` is for the
   handshake, which writes before everybody else. */
const char *stocking_write(struct stocking *, bool text, const void *, size_t, bool hand);
/* Takes the next message, which is NULL if none is there; `until` NULL does not wait for one. */
const char *stocking_read(struct stocking *, struct message **, const struct timespec *until,
                          bool hand);

bool stocking_active(struct stocking *);
bool stocking_ended(struct stocking *);
bool stocking_queued(struct stocking *);

/* Delivers what was written, within LINGER, or drops it; the cause is that of the first end. */
void stocking_close(struct stocking *, const char *cause, bool drop);

#endif
