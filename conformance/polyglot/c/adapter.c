/* The adapter (conformance/ADAPTERS.md): requests become calls of stockings.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "protocol.h"
#include "stockings.h"

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed;

/* Connections, and listeners with their descriptor, by name: a string of JSON, or NULL where there
   is none. Places are taken in turn, so that whoever still waits for a connection finds it. */
enum { MOST = 1024 };
static struct link { char *name; int listener; struct stocking it; } links[MOST];

static struct link *find(const char *name, bool listener) {
    for (struct link *it = links; it < links + MOST; it++)
        if (it->name && !it->listener == !listener && !strncmp(it->name, name, strlen(it->name)))
            return it;
    return NULL;
}
static struct link *named(const char *request, const char *key) {
    const char *name = need(request, key, "\"");
    struct link *it = find(name, strcmp(key, "conn"));
    if (!it) unsupported(name);
    return it;
}
static struct link *add(const char *name, int listener) {
    static size_t last;
    for (int tries = 0; links[++last % MOST].name; tries++)
        if (tries == MOST) fault("there are too many connections", "");
    struct link *it = links + last % MOST;
    it->name = strndup(name, (size_t)(end_of(name, 0) - name));
    it->listener = listener;
    return it;
}
static void print_names(bool listeners) {
    const char *comma = "";
    for (struct link *it = links; it < links + MOST; it++) {
        if (!it->name || !it->listener == listeners) continue;
        printf("%s%s", comma, it->name);
        comma = ", ";
    }
}
static void print_address(int fd, bool remote) {
    struct sockaddr_in at = {0};
    (remote ? getpeername : getsockname)(fd, (struct sockaddr *)&at, &(socklen_t){sizeof at});
    printf("[\"%s\", %d]", inet_ntoa(at.sin_addr), ntohs(at.sin_port));
}

static const char *word(bool what) { return what ? "true" : "false"; }

static void print_state(const struct stocking *it) {
    const char *active = word(stocking_active(it)), *quote = stocking_ended(it) ? "\"" : "";
    printf("\"conn\": {\"active\": %s, \"ready\": %s, \"queued\": %s, \"ended\": %s, "
           "\"end\": %s%s%s, \"handshake\": {\"state\": \"none\", \"received\": [], "
           "\"returned\": null, \"raised\": null}}", active, active, word(it->sending),
           word(stocking_ended(it)), quote, stocking_ended(it) ? it->cause : "null", quote);
}

static void do_hello(const char *request) {
    if (number(request, "protocol") != 1) unsupported("\"protocol\"");
    answer("ok", "{\"protocol\": 1, \"implementation\": {\"name\": \"stockings.h\", "
           "\"version\": \"1.0\", \"language\": \"C\"}, \"runtime\": \"C %ld, POSIX %ld\", "
           "\"platform\": \"linux\", \"pid\": %d, \"flavours\": [\"default\"], "
           "\"kinds\": [\"bytes\", \"text\"], \"largest\": %d, \"features\": "
           "[\"abort\", \"causes\", \"collect\", \"keep\", \"queued\", \"surrogates\"]}",
           __STDC_VERSION__, _POSIX_VERSION, (int)getpid(), LARGEST);
}

static void do_listen(const char *request) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char name[16];
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 16)) fault("cannot listen", "");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    snprintf(name, sizeof name, "\"l%d\"", fd);
    answer("ok", "{\"listener\": %s, \"address\": ", add(name, fd)->name);
    print_address(fd, false);
    putchar('}');
}

static int accepted(int listener, int millis) {
    int fd;
    while ((fd = accept(listener, NULL, NULL)) < 0 && errno == EAGAIN)
        if (poll(&(struct pollfd){listener, POLLIN, 0}, 1, millis) <= 0) return -1;
    return fd;
}
static int connected(const char *address, int millis) {
    char host[16] = "";
    unsigned short port = 0;
    sscanf(address, "[ \"%15[0-9.]\" , %hu", host, &port);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port),
                             .sin_addr.s_addr = inet_addr(host)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);  /* for as long as it takes */
    if (connect(fd, (struct sockaddr *)&at, sizeof at) && errno == EINPROGRESS)
        poll(&(struct pollfd){fd, POLLOUT, 0}, 1, millis);
    fcntl(fd, F_SETFL, flags);
    if (!getpeername(fd, (struct sockaddr *)&at, &(socklen_t){sizeof at})) return fd;
    close(fd);
    return -1;
}

static void do_open(const char *request) {
    const char *name = need(request, "conn", "\""), *flavour = need(request, "flavour", "\"");
    if (!get(request, "connect") == !get(request, "accept")) fault("either connect or accept", "");
    const char *address = get(request, "accept") ? NULL : need(request, "connect", "[");
    double within = number(request, "within");
    int millis = within < 1e6 ? (int)(within * 1000) : -1;
    int from = address ? -1 : named(request, "accept")->listener;
    if (!is(flavour, "default")) unsupported(flavour);
    if (find(name, false)) fault("there is such a connection already", "");
    pthread_mutex_unlock(&lock);
    int fd = address ? connected(address, millis) : accepted(from, millis);
    pthread_mutex_lock(&lock);
    if (fd < 0) fault("nobody is there in time", "");
    stocking_start(&add(name, 0)->it, fd);
    answer("ok", "{\"local\": ");
    print_address(fd, false);
    printf(", \"remote\": ");
    print_address(fd, true);
    putchar('}');
}

static void do_write(const char *request) {
    const char *start = first(need(request, "messages", "[")), *error = NULL;
    struct stocking *it = &named(request, "conn")->it;
    int written = 0;
    size_t size;
    bool text;
    for (const char *at = start; at; at = next(at)) free(message(at, &text, &size));
    for (const char *at = start; at && !error; at = next(at), written += !error) {
        unsigned char *octets = message(at, &text, &size);
        error = stocking_write(it, text, octets, size);
        free(octets);
    }
    if (!error) answer("ok", "{\"written\": %d}", written);
    else answer("raised", "{\"name\": \"%s\", \"message\": \"\", \"written\": %d}", error, written);
}

/* Whether what a read or a wait waits for has come about. */
static bool happened(const struct stocking *it, const char *request) {
    const char *what = get(request, "for");
    if (!what) return stocking_ended(it) || it->unread >= number(request, "count");
    if (is(what, "ready")) return stocking_active(it);
    if (is(what, "ended")) return stocking_ended(it);
    if (is(what, "flushed")) return !it->sending;
    if (!is(what, "handshake")) unsupported(what);
    return true;
}
/* The connection of a request, as soon as that has happened or its time is over. */
static struct stocking *awaited(const char *request) {
    const struct timespec until = after(number(request, "within"));
    struct stocking *it = &named(request, "conn")->it;
    for (bool late = false; !happened(it, request) && !late;)
        late = pthread_cond_timedwait(&changed, &lock, &until);
    return it;
}

static void do_read(const char *request) {
    double count = number(request, "count");
    struct stocking *it = awaited(request);
    answer("ok", "{\"messages\": [");
    if (count > 128) count = 128;  /* so many descriptions fit into a line */
    for (struct message *message; count && (message = stocking_read(it)); free(message)) {
        describe(message->text, message->octets, message->size);
        if (--count && it->unread) putchar(',');
    }
    if (stocking_active(it)) printf("], \"ended\": false, \"last\": null}");
    else printf("], \"ended\": true, \"last\": \"%s\"}", it->cause);
}

static void do_state(const char *request) {
    struct link *link = get(request, "conn") ? named(request, "conn") : NULL;
    answer("ok", "{\"connections\": [");
    print_names(false);
    printf("], \"listeners\": [");
    print_names(true);
    printf(link ? "], " : "]");
    if (link) print_state(&link->it);
    putchar('}');
}

static void do_wait(const char *request) {
    need(request, "for", "\"");
    struct stocking *it = awaited(request);
    answer("ok", "{\"happened\": %s, ", word(happened(it, request)));
    print_state(it);
    putchar('}');
}

/* Also what abort and discard do. */
static void do_close(const char *request) {
    const char *verb = get(request, "do"), *keep = get(request, "keep");
    struct link *link = NULL;
    if (!get(request, "conn") == !get(request, "listener")) fault("either conn or listener", "");
    if (get(request, "listener")) {
        link = named(request, "listener");
        shutdown(link->listener, SHUT_RDWR);  /* whoever waits there learns of it */
        close(link->listener);
    } else if (!is(verb, "discard") || find(need(request, "conn", "\""), false)) {
        link = named(request, "conn");
        if (is(verb, "close")) stocking_close(&link->it, "closed", LINGER);
        else stocking_close(&link->it, "aborted", 0);
    }
    if (link && !(keep && *keep == 't')) {
        free(link->name);
        link->name = NULL;
    }
    answer("ok", "{}");
}

const struct verb VERBS[] = {
    {"hello", " id do protocol", do_hello}, {"listen", " id do", do_listen},
    {"open", " id do conn flavour within connect accept", do_open},
    {"write", " id do conn messages", do_write}, {"read", " id do conn count within", do_read},
    {"state", " id do conn collect", do_state}, {"wait", " id do conn for within", do_wait},
    {"close", " id do conn listener keep", do_close}, {"abort", " id do conn", do_close},
    {"discard", " id do conn", do_close}, {"bye", " id do", do_bye},
    {NULL, NULL, NULL}};

int main(int count, char **words) {
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &steady);
    signal(SIGPIPE, SIG_IGN);
    serve(count, words);
}
