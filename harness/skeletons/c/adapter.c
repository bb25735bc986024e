/* The adapter of $name: lines of JSON from stdin become calls of your implementation.

   What is in protocol.h is alike for everybody: lines, ids, messages and recipes. What is not here
   yet are the verbs. conformance/ADAPTERS.md says what each of them does, and
   `python -m harness smoke $name --peers peers.toml --first` which one to write next. */
#include "protocol.h"

/* Each request has a thread of its own, which holds this lock. A verb that waits lets go of it. */
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* To come: hello (protocol), listen, open (conn flavour within connect accept), write (conn
   messages), read (conn count within), state (conn), wait (conn for within), close (conn listener),
   discard (conn). A key that a request may lack is looked for by get, and the others by need or
   number. Messages are read by first, next and message, and printed by describe. */
const struct verb VERBS[] = {
    {"bye", " id do", do_bye},  /* answers, and ends the process */
    {NULL, NULL, NULL}};

int main(int count, char **words) { serve(count, words); }
