/* Stockings for C: whole messages, texts or bytes, over a connected stream socket. SIGPIPE has to
   be ignored. Who calls these functions holds the lock, which they let go of while they wait. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST = 1 << 30 };  /* octets of a message that is taken; a longer one ends it all */
enum { PIECE = 1 << 16 };    /* octets for which there is memory before they arrive */
enum { LINGER = 5 };         /* seconds in which a close delivers what was written */

extern pthread_mutex_t lock;
extern pthread_cond_t changed;  /* something has; it measures time by CLOCK_MONOTONIC */

struct message { struct message *next; bool text; size_t size; unsigned char octets[]; };
struct stocking {
    FILE *in, *out;     /* of the same socket */
    const char *cause;  /* why it has ended, or is about to */
    bool closing, sending, over;
    size_t unread;      /* messages that were received: how many, and a list of them */
    struct message *first, **last;
};

/* Whether it is UTF-8. The rows of the grammar in SPEC.md, section 5, differ in their first octet
   and in the bounds of the second one. */
static bool well_formed(const unsigned char *at, size_t size) {
    for (const unsigned char *end = at + size; at < end;) {
        unsigned first = *at++, low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        int tails = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
        if (tails && (first < 0xC2 || first > 0xF4 || end - at < tails)) return false;
        for (; tails--; low = 0x80, high = 0xBF, at++)
            if (*at < low || *at > high) return false;
    }
    return true;
}

/* Receives a message. NULL if none can come any more, which may have shown inside of one. */
static struct message *receive(FILE *in, bool *inside) {
    double length = 0, scale = 1;  /* doubles, to which 69 bits do no harm */
    int octet = 0, first = 0;
    *inside = false;
    for (int count = 0; octet < 128; count++) {
        if ((octet = getc(in)) == EOF || count == 10) return NULL;
        if (count == 0) first = octet;
        *inside = true;
        length += (octet & (count ? 127 : 63)) * scale;
        scale *= count ? 128 : 64;
    }
    if (length > LARGEST) return NULL;
    struct message *it = NULL;
    size_t size = 0, room = 0;
    do {
        room = length < 2 * room + PIECE ? (size_t)length : 2 * room + PIECE;
        if (!(it = realloc(it, sizeof *it + room))) abort();
        size += fread(it->octets + size, 1, room - size, in);
    } while (size == room && size < length);
    it->next = NULL;
    it->text = !(first & 64);
    it->size = size;
    if (size == length && (!it->text || well_formed(it->octets, size))) return it;
    free(it);
    return NULL;
}

/* The thread of a connection. What comes once there is a cause for its end is dropped. */
static void *receiving(void *argument) {
    struct stocking *it = argument;
    bool inside = false;
    pthread_mutex_lock(&lock);
    while (!feof(it->in) && !ferror(it->in)) {
        pthread_mutex_unlock(&lock);
        struct message *message = receive(it->in, &inside);
        pthread_mutex_lock(&lock);
        if (!it->cause && message) {
            it->last = &(*it->last = message)->next;
            it->unread++;
        } else if (!it->cause && !feof(it->in) && !ferror(it->in)) {
            it->cause = "protocol";
            shutdown(fileno(it->in), SHUT_RDWR);
        } else {
            free(message);
        }
        pthread_cond_broadcast(&changed);
    }
    while (it->sending) pthread_cond_wait(&changed, &lock);
    if (!it->cause) it->cause = ferror(it->in) ? "reset" : inside ? "truncated" : "eof";
    it->over = true;
    fclose(it->in);
    fclose(it->out);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void stocking_start(struct stocking *it, int fd) {
    pthread_t thread;
    *it = (struct stocking){.in = fdopen(fd, "rb"), .out = fdopen(dup(fd), "wb")};
    it->last = &it->first;
    if (!it->in || !it->out || pthread_create(&thread, NULL, receiving, it)) abort();
    pthread_detach(thread);
}

static bool stocking_ended(const struct stocking *it) { return it->closing || it->over; }
static bool stocking_active(const struct stocking *it) { return it->unread || !stocking_ended(it); }

/* Sends a message. Returns the name of an error if that cannot be done, else NULL. */
static const char *stocking_write(struct stocking *it, bool text, const void *octets, size_t size) {
    if (text && !well_formed(octets, size)) return "BadText";
    while (it->sending) pthread_cond_wait(&changed, &lock);
    if (it->cause) return "Ended";
    it->sending = true;
    pthread_mutex_unlock(&lock);
    size_t octet = size % 64 + (text ? 0 : 64), rest = size / 64;
    for (; rest; octet = rest % 128, rest /= 128) putc((int)octet, it->out);
    putc((int)octet + 128, it->out);
    bool sent = fwrite(octets, 1, size, it->out) == size && !fflush(it->out);
    pthread_mutex_lock(&lock);
    if (!sent && !it->cause) it->cause = "reset";
    it->sending = false;
    pthread_cond_broadcast(&changed);
    return sent ? NULL : "Ended";
}

/* Returns the next message, to be freed; NULL if there is none. */
static struct message *stocking_read(struct stocking *it) {
    struct message *message = it->first;
    if (message) it->unread--;
    if (message && !(it->first = message->next)) it->last = &it->first;
    return message;
}

static struct timespec after(double seconds) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    seconds += (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    return (struct timespec){.tv_sec = (time_t)seconds,
                             .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
}

/* Delivers what was written, within these seconds. */
static void stocking_close(struct stocking *it, const char *cause, double linger) {
    const struct timespec until = after(linger);
    it->closing = true;
    if (!it->cause) it->cause = cause;
    for (struct message *unread; (unread = stocking_read(it));) free(unread);
    pthread_cond_broadcast(&changed);
    for (bool late = false; !it->over;) {
        if (late || !it->sending) shutdown(fileno(it->in), late ? SHUT_RDWR : SHUT_WR);
        if (late) pthread_cond_wait(&changed, &lock);
        else late = pthread_cond_timedwait(&changed, &lock, &until);
    }
}
