/* The adapter of $name: lines of JSON from stdin become calls of your implementation.

   What is in the other files is alike for everybody: lines, ids, messages and recipes. What is not
   here yet are the verbs. conformance/ADAPTERS.md says what each of them does, and
   `python -m harness smoke $name --peers peers.toml --first` which one to write next. */
#include <string.h>

#include "lines.h"
#include "messages.h"

static void do_bye(struct request *it, FILE *out) { fputs(it ? "\"ok\": {}" : "", out); }

void carry_out(struct request *it, FILE *out) {
    /* A verb, the keys that a request must have, those that it may have. To come: hello (protocol),
       listen, open (conn flavour within; connect accept), write (conn messages), read (conn count
       within), state (; conn), wait (conn for within), close (; conn listener), discard (conn). */
    static const struct verb {
        const char *name, *needed, *allowed;
        void (*call)(struct request *, FILE *);
    } VERBS[] = {
        {"bye", "", "", do_bye},
        {NULL, NULL, NULL, NULL}};
    const struct json *word = json_get(it->json, "do");
    if (!word || word->is != '"') fault("a request needs a verb", "");
    const struct verb *verb = VERBS;
    while (verb->name && strcmp(verb->name, word->text)) verb++;
    if (!verb->name) unsupported(word->text);
    char needed[64];
    snprintf(needed, sizeof needed, "id do %s", verb->needed);
    known(it->json, needed, verb->allowed);
    verb->call(it, out);
}

/* Let go of whatever a request holds, whether it was carried out or not. */
void finished(struct request *it) { it->link = NULL; }

int main(int count, char **words) {
    if (count > 1) return fprintf(stderr, "unknown option %s\n", words[1]), 89;
    drive();
}
