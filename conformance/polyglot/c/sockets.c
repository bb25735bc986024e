#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "messages.h"

void set_sizes(int fd, const struct json *request) {
    static const struct { const char *key; int option; } SIZES[] = {
        {"sndbuf", SO_SNDBUF}, {"rcvbuf", SO_RCVBUF}};
    for (int i = 0; request && i < 2; i++) {
        const struct json *size = json_get(request, SIZES[i].key);
        if (size && !size->whole) fault("this has to be a whole number: ", SIZES[i].key);
        int value = size ? (int)size->number : 0;
        if (size) setsockopt(fd, SOL_SOCKET, SIZES[i].option, &value, sizeof value);
    }
}

int option(int fd, int level, int name) {
    int value = 0;
    getsockopt(fd, level, name, &value, &(socklen_t){sizeof value});
    return value;
}

void print_options(FILE *out, int fd) {
    struct linger linger = {0};
    getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &(socklen_t){sizeof linger});
    fprintf(out, ", \"options\": {\"TCP_NODELAY\": %d, \"SO_KEEPALIVE\": %d, \"SO_LINGER\": [%d, %d]"
            ", \"SO_SNDBUF\": %d, \"SO_RCVBUF\": %d, \"blocking\": %s}",
            !!option(fd, IPPROTO_TCP, TCP_NODELAY), !!option(fd, SOL_SOCKET, SO_KEEPALIVE),
            linger.l_onoff, linger.l_linger, option(fd, SOL_SOCKET, SO_SNDBUF),
            option(fd, SOL_SOCKET, SO_RCVBUF), fcntl(fd, F_GETFL) & O_NONBLOCK ? "false" : "true");
}

void print_address(FILE *out, int fd, int (*name)(int, struct sockaddr *, socklen_t *)) {
    struct sockaddr_in at = {0};
    char host[INET_ADDRSTRLEN];
    name(fd, (struct sockaddr *)&at, &(socklen_t){sizeof at});
    fprintf(out, "[\"%s\", %d]", inet_ntop(AF_INET, &at.sin_addr, host, sizeof host),
            ntohs(at.sin_port));
}

int listening(int port, const struct json *request) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    set_sizes(fd, request);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 16))
        fault("cannot listen: ", strerror(errno));
    return fd;
}

bool comes(int fd, short what, double within) {
    int millis = within < 1e6 ? (int)ceil(within * 1000) : -1;
    return poll(&(struct pollfd){.fd = fd, .events = what}, 1, millis) > 0;
}

int dialled(const char *host, int port, double within, const struct json *request) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &at.sin_addr) != 1) fault("no IPv4 address: ", host);
    int fd = socket(AF_INET, SOCK_STREAM, 0), flags = fcntl(fd, F_GETFL), wrong = 0;
    set_sizes(fd, request);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    if (connect(fd, (struct sockaddr *)&at, sizeof at))
        wrong = errno != EINPROGRESS               ? errno
                : !comes(fd, POLLOUT, within) ? ETIMEDOUT
                                                   : option(fd, SOL_SOCKET, SO_ERROR);
    fcntl(fd, F_SETFL, flags);
    if (!wrong) return fd;
    close(fd);
    fault("cannot connect: ", strerror(wrong));
}
