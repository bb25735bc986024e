/* Sockets, their options and their addresses. What goes wrong is a fault. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <sys/socket.h>

#include "json.h"

/* Sets sndbuf and rcvbuf, if there is a request and it has them. */
void set_sizes(int fd, const struct json *request);
int option(int fd, int level, int name);
void print_options(FILE *, int fd); /* as a key and a value, behind others */
void print_address(FILE *, int fd, int (*name)(int, struct sockaddr *, socklen_t *));
bool comes(int fd, short what, double within);
int listening(int port, const struct json *request);
int dialled(const char *host, int port, double within, const struct json *request);

#endif
