#include "lines.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "messages.h"

#define LINE_LIMIT (1 << 20)

static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local jmp_buf way_out; /* of a request that cannot be carried out */
static _Thread_local bool running;
static _Thread_local char failure[512];

noreturn static void give_up(const char *before, const char *words, const char *detail,
                             const char *behind) {
    char *text = NULL, *whole = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "%.99s%.99s", words, detail);
    fclose(out);
    out = open_memstream(&whole, &size);
    json_print(out, text);
    fclose(out);
    snprintf(failure, sizeof failure, "%s%s%s", before, whole, behind);
    free(text);
    free(whole);
    if (running) longjmp(way_out, 1);
    fprintf(stderr, "adapter: %s\n", failure);
    exit(1);
}

void fault(const char *message, const char *detail) {
    give_up("\"fault\": {\"message\": ", message, detail, "}");
}

void unsupported(const char *word) { give_up("\"unsupported\": ", word, "", ""); }

static void answer(const char *id, const char *what) {
    pthread_mutex_lock(&output);
    printf("{\"id\": %s, %s}\n", id, what);
    fflush(stdout);
    pthread_mutex_unlock(&output);
}

/* What a line asks for; NULL if that is nothing, which has then been answered. */
static struct json *parsed(char *line, size_t size) {
    struct json *json = size > LINE_LIMIT ? NULL : json_parse(line, size);
    struct json *id = json ? json_get(json, "id") : NULL;
    if (id && id->is == '0' && id->whole) return json;
    answer("null", size > LINE_LIMIT ? "\"fault\": {\"message\": \"the line is too long\"}"
                   : !json           ? "\"fault\": {\"message\": \"the line is no JSON\"}"
                   : "\"fault\": {\"message\": \"the line is no object with an integer id\"}");
    json_free(json);
    return NULL;
}

static void *obey(void *argument) {
    struct request *volatile it = argument;
    char id[32], *what = NULL;
    size_t size;
    FILE *volatile out = open_memstream(&what, &size);
    snprintf(id, sizeof id, "%.0f", json_get(it->json, "id")->number);
    running = true;
    bool done = !setjmp(way_out);
    if (done) carry_out(it, out);
    fclose(out);
    answer(id, done ? what : failure);
    if (done && !strcmp(json_get(it->json, "do")->text, "bye")) _exit(0);
    free(what);
    finished(it);
    if (!it->kept) {
        json_free(it->json);
        free(it->line);
    }
    free(it);
    return NULL;
}

void drive(void) {
    size_t size = 0;
    for (int octet = 0; octet != EOF; size = 0) {
        char *line = malloc(LINE_LIMIT + 8);
        while ((octet = getchar_unlocked()) != EOF && octet != '\n')
            if (size++ < LINE_LIMIT) line[size - 1] = (char)octet;
        memset(line + (size < LINE_LIMIT ? size : LINE_LIMIT), 0, 8);
        struct json *json = octet == EOF ? NULL : parsed(line, size);
        pthread_t thread;
        struct request *it = json ? calloc(1, sizeof *it) : NULL;
        if (!it) {
            free(line);
            continue;
        }
        *it = (struct request){.json = json, .line = line};
        if (pthread_create(&thread, NULL, obey, it)) abort();
        pthread_detach(thread);
    }
    _exit(0);
}
