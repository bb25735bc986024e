#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lines.h"
#include "links.h"
#include "sockets.h"

static struct listener { int fd, number; struct listener *next; } *listeners;
static int listened;

#define ROOM (1 << 19) /* octets of the messages of an answer, about */

/* ---- words of a request ---- */

static const char *text_of(struct request *it, const char *key) {
    const struct json *value = json_get(it->json, key);
    if (!value || value->is != '"') fault("this has to be a string: ", key);
    return value->text;
}

static double number_of(struct request *it, const char *key) {
    const struct json *value = json_get(it->json, key);
    if (!value || value->is != '0' || value->number < 0) fault("this has to be a number: ", key);
    return value->number;
}

static struct timespec until(double within) {
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    double second = floor(within < 1e6 ? within : 1e6);
    end.tv_sec += (time_t)second;
    end.tv_nsec += within < 1e6 ? (long)((within - second) * 1e9) : 0;
    if (end.tv_nsec >= 1000000000) end.tv_sec++, end.tv_nsec -= 1000000000;
    return end;
}

static struct stocking *stocking_of(struct request *it) {
    const char *name = text_of(it, "conn");
    if (!(it->link = find(name))) unsupported(name);
    if (!it->link->made) fault("it is still being opened: ", name);
    return &it->link->stocking;
}

/* The place in the list of the listener that the request names under a key. Locks the table. */
static struct listener **listener_of(struct request *it, const char *key) {
    const char *name = text_of(it, key);
    pthread_mutex_lock(&table);
    struct listener **place = &listeners;
    while (*place && (*name != 'l' || (*place)->number != atoi(name + 1))) place = &(*place)->next;
    if (*place) return place;
    pthread_mutex_unlock(&table);
    unsupported(name);
}

static int accepted(struct request *it, double within) {
    struct timespec now, end = until(within);
    for (int fd = -1;;) {
        struct listener **place = listener_of(it, "accept");
        int listener = (*place)->fd;
        if (comes(listener, POLLIN, 0)) fd = accept(listener, NULL, NULL);
        pthread_mutex_unlock(&table);
        if (fd >= 0) return set_sizes(fd, it->json), fd;
        clock_gettime(CLOCK_MONOTONIC, &now);
        double left = (double)(end.tv_sec - now.tv_sec) + (double)(end.tv_nsec - now.tv_nsec) / 1e9;
        if (left <= 0 || !comes(listener, POLLIN, left)) fault("nobody connected in time", "");
    }
}

/* ---- verbs ---- */

static void do_hello(struct request *it, FILE *out) {
    if (number_of(it, "protocol") != 1) unsupported("protocol");
    fprintf(out, "\"ok\": {\"protocol\": 1, \"implementation\": {\"name\": \"stockings.c\", "
            "\"version\": \"1.0\", \"language\": \"C\"}, \"runtime\": \"C %ld, POSIX threads\", "
            "\"platform\": \"linux\", \"pid\": %d, \"flavours\": [\"default\"], "
            "\"kinds\": [\"bytes\", \"text\"], \"largest\": %llu, \"features\": [\"abort\", "
            "\"buffers\", \"causes\", \"handshake\", \"keep\", \"options\", \"queued\", "
            "\"surrogates\"]}", __STDC_VERSION__, (int)getpid(), (unsigned long long)LARGEST);
}

static void do_listen(struct request *it, FILE *out) {
    struct listener *one = calloc(1, sizeof *one);
    one->fd = listening(0, it->json);
    pthread_mutex_lock(&table);
    one->number = ++listened;
    one->next = listeners;
    listeners = one;
    pthread_mutex_unlock(&table);
    fprintf(out, "\"ok\": {\"listener\": \"l%d\", \"address\": ", one->number);
    print_address(out, one->fd, getsockname);
    putc('}', out);
}

static void do_open(struct request *it, FILE *out) {
    const struct json *to = json_get(it->json, "connect"), *steps = json_get(it->json, "handshake");
    const char *flavour = text_of(it, "flavour"), *name = text_of(it, "conn");
    if (strcmp(flavour, "default")) unsupported(flavour);
    if (!to == !json_get(it->json, "accept")) fault("open needs connect or accept", "");
    if (to && (to->is != '[' || !to->first || to->first->is != '"' || !to->first->next))
        fault("an address is [host, port]", "");
    if (steps) check_script(steps);
    struct link *link = it->link = reserve(name);
    it->opening = true;
    double within = number_of(it, "within");
    int fd = to ? dialled(to->first->text, (int)to->first->next->number, within, it->json)
                : accepted(it, within);
    fputs("\"ok\": {\"local\": ", out);
    print_address(out, fd, getsockname);
    fputs(", \"remote\": ", out);
    print_address(out, fd, getpeername);
    for (int i = 0; i < 2; i++)
        if (json_get(it->json, i ? "rcvbuf" : "sndbuf"))
            fprintf(out, ", \"%s\": %d", i ? "rcvbuf" : "sndbuf",
                    option(fd, SOL_SOCKET, i ? SO_RCVBUF : SO_SNDBUF));
    print_options(out, fd);
    putc('}', out);
    stocking_start(&link->stocking, fd, steps);
    if (steps) {
        link->script = calloc(1, sizeof *link->script);
        *link->script = (struct script){it->json, (struct json *)steps, it->line, "running", "null",
                                        "null", strdup(""), 0};
        it->kept = true;
        start_script(link);
    }
    pthread_mutex_lock(&table);
    link->made = true;
    it->opening = false;
    pthread_mutex_unlock(&table);
}

static void do_write(struct request *it, FILE *out) {
    struct stocking *stocking = stocking_of(it);
    const struct json *messages = json_get(it->json, "messages"), *one;
    if (messages->is != '[') fault("messages have to be a list", "");
    for (one = messages->first; one; one = one->next) check_message(one);
    int written = 0;
    for (one = messages->first; one; one = one->next, written++) {
        struct message *message = make_message(one);
        const char *wrong = stocking_write(stocking, message->text, message->octets, message->size,
                                           false);
        free_message(message);
        if (!wrong) continue;
        fprintf(out, "\"raised\": {\"name\": \"%s\", \"message\": \"\", \"written\": %d}", wrong,
                written);
        return;
    }
    fprintf(out, "\"ok\": {\"written\": %d}", written);
}

static void do_read(struct request *it, FILE *out) {
    struct stocking *stocking = stocking_of(it);
    double count = number_of(it, "count"), within = number_of(it, "within");
    struct timespec end = until(within);
    const char *wrong = NULL;
    char *messages;
    size_t size = 0;
    FILE *list = open_memstream(&messages, &size);
    for (int taken = 0; taken < count && size < ROOM; taken++) {
        struct message *message;
        wrong = stocking_read(stocking, &message, within > 0 ? &end : NULL, false);
        if (wrong || !message) break;
        if (taken) fputs(", ", list);
        describe(list, message);
        free_message(message);
        fflush(list);
    }
    fclose(list);
    pthread_mutex_lock(&stocking->lock);
    bool ended = !wrong && !stocking_active(stocking);
    pthread_mutex_unlock(&stocking->lock);
    if (wrong) fprintf(out, "\"raised\": {\"name\": \"%s\", \"message\": \"\", ", wrong);
    else fputs("\"ok\": {", out);
    fprintf(out, "\"messages\": [%s]", messages);
    if (ended) fprintf(out, ", \"ended\": true, \"last\": \"%s\"", stocking->cause);
    else if (!wrong) fputs(", \"ended\": false, \"last\": null", out);
    putc('}', out);
    free(messages);
}

static void do_state(struct request *it, FILE *out) {
    struct stocking *stocking = json_get(it->json, "conn") ? stocking_of(it) : NULL;
    const char *comma = "";
    fputs("\"ok\": {\"connections\": [", out);
    pthread_mutex_lock(&table);
    for (struct link *one = links; one; one = one->next) {
        if (one->forgotten) continue;
        fputs(comma, out);
        json_print(out, one->name);
        comma = ", ";
    }
    fputs("], \"listeners\": [", out);
    for (struct listener *one = listeners; one; one = one->next)
        fprintf(out, "\"l%d\"%s", one->number, one->next ? ", " : "");
    pthread_mutex_unlock(&table);
    putc(']', out);
    if (stocking) {
        pthread_mutex_lock(&stocking->lock);
        fputs(", ", out);
        print_facts(out, it->link);
        pthread_mutex_unlock(&stocking->lock);
    }
    putc('}', out);
}

static void do_wait(struct request *it, FILE *out) {
    struct stocking *stocking = stocking_of(it);
    if (json_get(it->json, "release")) {
        release_script(it->link, 1);
        fputs("\"ok\": {}", out);
        return;
    }
    const char *what = text_of(it, "for");
    if (!listed(what, "ready ended flushed handshake")) unsupported(what);
    struct timespec end = until(number_of(it, "within"));
    bool late = false;
    pthread_mutex_lock(&stocking->lock);
    while (!happened(it->link, what) && !late)
        late = pthread_cond_timedwait(&stocking->changed, &stocking->lock, &end);
    fprintf(out, "\"ok\": {\"happened\": %s, ", happened(it->link, what) ? "true" : "false");
    print_facts(out, it->link);
    pthread_mutex_unlock(&stocking->lock);
    putc('}', out);
}

static void finish(struct request *it, bool drop, FILE *out) {
    const struct json *keep = json_get(it->json, "keep");
    stocking_close(stocking_of(it), drop ? "aborted" : "closed", drop);
    if (it->link->script) release_script(it->link, 1 << 20);
    if (!keep || keep->is != 't') forget(it->link);
    fputs("\"ok\": {}", out);
}

static void do_close(struct request *it, FILE *out) {
    if (!json_get(it->json, "conn") == !json_get(it->json, "listener"))
        fault("close needs conn or listener", "");
    if (json_get(it->json, "conn")) {
        finish(it, false, out);
        return;
    }
    struct listener **place = listener_of(it, "listener"), *one = *place;
    *place = one->next;
    shutdown(one->fd, SHUT_RDWR); /* whoever waits there learns of it */
    close(one->fd);
    free(one);
    pthread_mutex_unlock(&table);
    fputs("\"ok\": {}", out);
}

static void do_abort(struct request *it, FILE *out) { finish(it, true, out); }

static void do_discard(struct request *it, FILE *out) {
    struct link *link = find(text_of(it, "conn"));
    if (link) let_go(link), finish(it, true, out);
    else fputs("\"ok\": {}", out);
}

static void do_bye(struct request *it, FILE *out) { fputs(it ? "\"ok\": {}" : "", out); }

void carry_out(struct request *it, FILE *out) {
    static const struct verb {
        const char *name, *needed, *allowed;
        void (*call)(struct request *, FILE *);
    } VERBS[] = {
        {"hello", "protocol", "", do_hello},
        {"listen", "", "sndbuf rcvbuf", do_listen},
        {"open", "conn flavour within", "connect accept sndbuf rcvbuf handshake", do_open},
        {"write", "conn messages", "", do_write},
        {"read", "conn count within", "", do_read},
        {"state", "", "conn", do_state},
        {"wait", "conn", "for within release", do_wait},
        {"close", "", "conn listener keep", do_close},
        {"abort", "conn", "", do_abort},
        {"discard", "conn", "", do_discard},
        {"bye", "", "", do_bye},
        {NULL, NULL, NULL, NULL}};
    const struct verb *verb = VERBS;
    const char *word = text_of(it, "do");
    while (verb->name && strcmp(verb->name, word)) verb++;
    if (!verb->name) unsupported(word);
    char needed[64];
    snprintf(needed, sizeof needed, "id do %s", verb->needed);
    known(it->json, needed, verb->allowed);
    verb->call(it, out);
}

void finished(struct request *it) {
    if (it->opening) forget(it->link);
    if (it->link) let_go(it->link);
}
