#include "stockings.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Two threads for each connection: one receives and one sends, so that neither holds up the other. */

/* Called under the lock, as all that follows and does not lock. */
static void end_with(struct stocking *it, const char *cause, bool drop) {
    if (!it->cause) it->cause = cause;
    if (drop) {
        it->finished = it->sent = true;
        shutdown(it->fd, SHUT_RDWR);
    }
    pthread_cond_broadcast(&it->changed);
}

static void *reading(void *argument) {
    struct stocking *it = argument;
    struct decoder decoder = {0};
    uint8_t octets[1 << 16];
    for (bool over = false; !over;) {
        ssize_t size = recv(it->fd, octets, sizeof octets, 0);
        if (size < 0 && errno == EINTR) continue;
        pthread_mutex_lock(&it->lock);
        over = size <= 0 || it->finished;
        if (size > 0 && !it->closing && !it->finished) {
            over = !decode(&decoder, octets, (size_t)size, &it->inbox);
            if (over) end_with(it, "protocol", true);
        } else if (size < 0) {
            end_with(it, "reset", true);
        }
        it->end = decoder.count ? "truncated" : "eof";
        it->finished |= over;
        pthread_cond_broadcast(&it->changed);
        pthread_mutex_unlock(&it->lock);
    }
    /* What is still there is taken, so that the other side need not think it on its way. */
    while (recv(it->fd, octets, sizeof octets, 0) > 0) continue;
    if (decoder.message) free(decoder.message->octets);
    free(decoder.message);
    return NULL;
}

/* Sends until there is nothing left to send and the other side has ended, or we want to. */
static void *writing(void *argument) {
    struct stocking *it = argument;
    pthread_mutex_lock(&it->lock);
    while (!it->sent) {
        struct message *frame = it->outbox.first;
        if (!frame && (it->closing || it->finished)) {
            it->sent = true;
            if (!it->cause) it->cause = it->end;
            shutdown(it->fd, SHUT_WR);
        } else if (!frame) {
            pthread_cond_wait(&it->changed, &it->lock);
            continue;
        } else {
            pthread_mutex_unlock(&it->lock);
            ssize_t size = 0;
            for (size_t at = 0; at < frame->size && size >= 0; at += size > 0 ? (size_t)size : 0) {
                size = send(it->fd, frame->octets + at, frame->size - at, MSG_NOSIGNAL);
                if (size < 0 && errno == EINTR) size = 0;
            }
            pthread_mutex_lock(&it->lock);
            if (size < 0) end_with(it, "reset", true);
            frame = queue_take(&it->outbox);
            free(frame->octets);
            free(frame);
        }
        pthread_cond_broadcast(&it->changed);
    }
    queue_clear(&it->outbox);
    pthread_cond_broadcast(&it->changed);
    pthread_mutex_unlock(&it->lock);
    return NULL;
}

void stocking_start(struct stocking *it, int fd, bool handshake) {
    *it = (struct stocking){.fd = fd, .handshaken = !handshake};
    it->inbox.last = &it->inbox.first;
    it->outbox.last = &it->outbox.first;
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&it->changed, &steady);
    pthread_mutex_init(&it->lock, NULL);
    if (pthread_create(&it->reader, NULL, reading, it)) abort();
    if (pthread_create(&it->writer, NULL, writing, it)) abort();
}

bool stocking_ended(struct stocking *it) { return it->closing || (it->finished && it->sent); }
bool stocking_queued(struct stocking *it) { return it->outbox.first && !it->sent; }
bool stocking_active(struct stocking *it) {
    return !it->closing && (it->inbox.first || !stocking_ended(it));
}

const char *stocking_write(struct stocking *it, bool text, const void *octets, size_t size,
                           bool hand) {
    if (text && !well_formed(octets, size)) return "BadText";
    struct message *frame = framed(text, octets, size);
    pthread_mutex_lock(&it->lock);
    const char *wrong = !hand && !it->handshaken      ? "NotReady"
                        : it->sent || it->closing ? "Ended"
                                                      : NULL;
    if (wrong) {
        free(frame->octets);
        free(frame);
    } else {
        queue_put(&it->outbox, frame);
        pthread_cond_broadcast(&it->changed);
    }
    pthread_mutex_unlock(&it->lock);
    return wrong;
}

const char *stocking_read(struct stocking *it, struct message **message,
                          const struct timespec *until, bool hand) {
    const char *wrong = NULL;
    *message = NULL;
    pthread_mutex_lock(&it->lock);
    for (int late = 0;; late = hand ? pthread_cond_wait(&it->changed, &it->lock)
                               : pthread_cond_timedwait(&it->changed, &it->lock, until)) {
        if (!hand && !it->handshaken && !it->closing) wrong = "NotReady";
        else if (stocking_active(it)) *message = queue_take(&it->inbox);
        else it->vain |= hand;
        if (wrong || *message || !stocking_active(it) || late || (!hand && !until)) break;
    }
    pthread_mutex_unlock(&it->lock);
    return wrong;
}

void stocking_complete(struct stocking *it, bool content) {
    pthread_mutex_lock(&it->lock);
    it->handshaken = content && !it->vain && !it->closing;
    bool failed = !it->handshaken;
    pthread_cond_broadcast(&it->changed);
    pthread_mutex_unlock(&it->lock);
    if (failed) stocking_close(it, "handshake", false);
}

void stocking_close(struct stocking *it, const char *cause, bool drop) {
    pthread_mutex_lock(&it->lock);
    bool first = !it->closing;
    it->closing = true;
    end_with(it, cause, drop);
    struct timespec over;
    clock_gettime(CLOCK_MONOTONIC, &over);
    over.tv_sec += LINGER;
    while (first && !(it->sent && it->finished))
        if (pthread_cond_timedwait(&it->changed, &it->lock, &over)) end_with(it, cause, true);
    if (first) {
        pthread_mutex_unlock(&it->lock);
        pthread_join(it->reader, NULL);
        pthread_join(it->writer, NULL);
        pthread_mutex_lock(&it->lock);
        close(it->fd);
        queue_clear(&it->inbox);
        it->closed = true;
        pthread_cond_broadcast(&it->changed);
    }
    while (!it->closed) pthread_cond_wait(&it->changed, &it->lock);
    pthread_mutex_unlock(&it->lock);
}
