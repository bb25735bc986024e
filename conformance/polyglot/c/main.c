/* An adapter (conformance/ADAPTERS.md) around stockings.c: lines from stdin, or a mirror. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lines.h"
#include "messages.h"
#include "sockets.h"
#include "stockings.h"

static void reverse(uint8_t *first, uint8_t *end) {
    while (first < end) {
        uint8_t held = *first;
        *first++ = *--end;
        *end = held;
    }
}

static int mirror(int fd) {
    struct stocking it;
    stocking_start(&it, fd, false);
    const struct timespec never = {.tv_sec = (time_t)1 << 40};
    for (struct message *one; stocking_read(&it, &one, &never, false), one; free(one)) {
        uint8_t *octets = one->octets, *end = octets + one->size;
        reverse(octets, end); /* and the octets of each code point back */
        for (uint8_t *at = octets, *lead = at; one->text && at < end; lead = ++at) {
            while ((*at & 0xC0) == 0x80) at++;
            reverse(lead, at + 1);
        }
        stocking_write(&it, one->text, octets, one->size, false);
        free(octets);
    }
    stocking_close(&it, "closed", false);
    return 0;
}

int main(int count, char **words) {
    if (count == 1) drive();
    if (count != 4 || strcmp(words[1], "--mirror")) return 89;
    char *colon = strrchr(words[3], ':');
    if (!strcmp(words[2], "--connect") && colon) {
        *colon = 0;
        return mirror(dialled(words[3], atoi(colon + 1), 1e9, NULL));
    }
    if (strcmp(words[2], "--listen")) return 89;
    int listener = listening(atoi(words[3]), NULL);
    struct sockaddr_in at;
    getsockname(listener, (struct sockaddr *)&at, &(socklen_t){sizeof at});
    printf("listening 127.0.0.1 %d\n", ntohs(at.sin_port));
    fflush(stdout);
    return mirror(accept(listener, NULL, NULL));
}
