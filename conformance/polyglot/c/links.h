/* The connections of the adapter by name, and handshakes that are data. */
#ifndef LINKS_H
#define LINKS_H

#include "messages.h"
#include "stockings.h"

struct script {
    struct json *request, *steps; /* the whole request, which has the steps in it */
    char *line;                   /* where its texts are */
    const char *state, *returned, *raised; /* as JSON has them */
    char *received;               /* descriptions, with commas between them */
    int released;
};

struct link {
    char *name;
    int users; /* requests and scripts that look at it; at none, and forgotten, it is freed */
    bool made, forgotten;
    struct stocking stocking;
    struct script *script;
    struct link *next;
};

extern pthread_mutex_t table;
extern struct link *links;

struct link *reserve(const char *name); /* a new one, with its user */
struct link *find(const char *name);    /* with its user; NULL if there is none */
void forget(struct link *);
void let_go(struct link *); /* one user less */

void check_script(const struct json *steps);
void start_script(struct link *); /* in a thread of its own, once the stocking has been started */
void release_script(struct link *, int times);

/* What `state` says of a connection, and whether what a `wait` is for has come about. Both are
   called under its lock. */
void print_facts(FILE *, struct link *);
bool happened(struct link *, const char *what);

#endif
