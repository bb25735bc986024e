/* The lines of the adapter protocol: each request is carried out in a thread of its own. */
#ifndef LINES_H
#define LINES_H

#include <stdnoreturn.h>

#include "json.h"

struct request {
    struct json *json;
    char *line;        /* where its texts are */
    bool kept;         /* a script has taken both over */
    struct link *link; /* the connection that it is about, until it is answered */
    bool opening;      /* which is being opened, and forgotten should that fail */
};

/* To be defined by whoever uses this. The first prints the answer's key and value, or calls fault
   or unsupported before it prints anything; the second is called when that is over. */
void carry_out(struct request *, FILE *out);
void finished(struct request *);

/* Obeys the lines of stdin until its end, which ends the process. */
noreturn void drive(void);

#endif
