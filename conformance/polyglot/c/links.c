#include "links.h"

#include <stdlib.h>
#include <string.h>

#include "sockets.h"

pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
struct link *links;

static struct link *named(const char *name) {
    struct link *it = links;
    while (it && (it->forgotten || strcmp(it->name, name))) it = it->next;
    return it;
}

struct link *find(const char *name) {
    pthread_mutex_lock(&table);
    struct link *it = named(name);
    if (it) it->users++;
    pthread_mutex_unlock(&table);
    return it;
}

struct link *reserve(const char *name) {
    pthread_mutex_lock(&table);
    struct link *it = named(name) ? NULL : calloc(1, sizeof *it);
    if (it) {
        it->name = strdup(name);
        it->users = 1;
        it->next = links;
        links = it;
    }
    pthread_mutex_unlock(&table);
    if (!it) fault("there is such a connection already: ", name);
    return it;
}

void forget(struct link *it) {
    pthread_mutex_lock(&table);
    it->forgotten = true;
    pthread_mutex_unlock(&table);
}

void let_go(struct link *it) {
    pthread_mutex_lock(&table);
    bool last = !--it->users && it->forgotten;
    struct link **place = &links;
    while (last && *place != it) place = &(*place)->next;
    if (last) *place = it->next;
    pthread_mutex_unlock(&table);
    if (!last) return;
    if (it->script) {
        json_free(it->script->request);
        free(it->script->line);
        free(it->script->received);
    }
    free(it->script);
    free(it->name);
    free(it);
}

void check_script(const struct json *steps) {
    if (steps->is != '[') fault("a handshake is a list of steps", "");
    for (const struct json *step = steps->first; step; step = step->next) {
        known(step, "do", "message value");
        const char *word = json_get(step, "do")->text ? json_get(step, "do")->text : "";
        if (!listed(word, "send receive expect drain hold return raise")) unsupported(word);
        bool message = listed(word, "send expect"), value = !strcmp(word, "return");
        known(step, message ? "do message" : value ? "do value" : "do", "");
        if (message) check_message(json_get(step, "message"));
    }
}

/* One message of the handshake, which is noted; NULL once none can come any more. */
static struct message *take(struct link *it) {
    struct message *message;
    stocking_read(&it->stocking, &message, NULL, true);
    if (!message) return NULL;
    char *all;
    size_t size;
    FILE *out = open_memstream(&all, &size);
    fprintf(out, "%s%s", it->script->received, *it->script->received ? ", " : "");
    describe(out, message);
    fclose(out);
    pthread_mutex_lock(&it->stocking.lock);
    free(it->script->received);
    it->script->received = all;
    pthread_mutex_unlock(&it->stocking.lock);
    return message;
}

static const char *step(struct link *it, const struct json *step, bool *raised) {
    const char *word = json_get(step, "do")->text, *outcome = NULL;
    const struct json *given = json_get(step, "message");
    struct message *message = given ? make_message(given) : NULL;
    if (!strcmp(word, "return")) outcome = json_get(step, "value")->is == 't' ? "true" : "false";
    if (!strcmp(word, "raise")) *raised = true, outcome = "\"Scripted\"";
    if (!strcmp(word, "send") && stocking_write(&it->stocking, message->text, message->octets,
                                                message->size, true))
        *raised = true, outcome = "\"Ended\"";
    if (!strcmp(word, "receive") || !strcmp(word, "expect")) {
        struct message *got = take(it);
        if (!got || (message && (got->text != message->text || got->size != message->size ||
                                 memcmp(got->octets, message->octets, got->size))))
            outcome = "false";
        free_message(got);
    }
    if (!strcmp(word, "drain"))
        for (struct message *got; (got = take(it)); free_message(got)) continue;
    if (!strcmp(word, "hold")) {
        pthread_mutex_lock(&it->stocking.lock);
        while (!it->script->released)
            pthread_cond_wait(&it->stocking.changed, &it->stocking.lock);
        it->script->released--;
        pthread_mutex_unlock(&it->stocking.lock);
    }
    free_message(message);
    return outcome;
}

static void *play(void *argument) {
    struct link *it = argument;
    const char *outcome = NULL;
    bool raised = false;
    for (struct json *one = it->script->steps->first; one && !outcome; one = one->next)
        outcome = step(it, one, &raised);
    if (!outcome) outcome = "true";
    pthread_mutex_lock(&it->stocking.lock);
    *(raised ? &it->script->raised : &it->script->returned) = outcome;
    it->script->state = "done";
    pthread_mutex_unlock(&it->stocking.lock);
    stocking_complete(&it->stocking, !raised && !strcmp(outcome, "true"));
    let_go(it);
    return NULL;
}

void start_script(struct link *it) {
    pthread_t thread;
    pthread_mutex_lock(&table);
    it->users++;
    pthread_mutex_unlock(&table);
    if (pthread_create(&thread, NULL, play, it)) abort();
    pthread_detach(thread);
}

void release_script(struct link *it, int times) {
    pthread_mutex_lock(&it->stocking.lock);
    if (it->script) it->script->released += times;
    pthread_cond_broadcast(&it->stocking.changed);
    pthread_mutex_unlock(&it->stocking.lock);
}

void print_facts(FILE *out, struct link *link) {
    struct stocking *it = &link->stocking;
    struct script none = {.state = "none", .returned = "null", .raised = "null", .received = ""};
    struct script *script = link->script ? link->script : &none;
    bool active = stocking_active(it), ended = stocking_ended(it);
    fprintf(out, "\"conn\": {\"active\": %s, \"ready\": %s, \"queued\": %s, \"readable\": null, "
            "\"ended\": %s, \"end\": %s%s%s, \"handshake\": {\"state\": \"%s\", \"received\": [%s], "
            "\"returned\": %s, \"raised\": %s}", active ? "true" : "false",
            active && it->handshaken ? "true" : "false", stocking_queued(it) ? "true" : "false",
            ended ? "true" : "false", ended ? "\"" : "", ended ? it->cause : "null",
            ended ? "\"" : "", script->state, script->received, script->returned, script->raised);
    if (!it->closed) print_options(out, it->fd);
    putc('}', out);
}

bool happened(struct link *link, const char *what) {
    struct stocking *it = &link->stocking;
    return !strcmp(what, "ready")   ? it->handshaken && stocking_active(it)
         : !strcmp(what, "ended")   ? stocking_ended(it)
         : !strcmp(what, "flushed") ? !stocking_queued(it)
                                    : !link->script || !strcmp(link->script->state, "done");
}
