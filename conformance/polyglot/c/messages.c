#include "messages.h"

#include <stdlib.h>
#include <string.h>

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool listed(const char *word, const char *list) {
    size_t size = strlen(word);
    for (const char *at = list; size && (at = strstr(at, word)); at++)
        if ((at == list || at[-1] == ' ') && (at[size] == ' ' || !at[size])) return true;
    return false;
}

void known(const struct json *what, const char *needed, const char *allowed) {
    if (!what || what->is != '{') fault("expected a JSON object", "");
    for (const struct json *one = what->first; one; one = one->next)
        if (!listed(one->key, needed) && !listed(one->key, allowed)) unsupported(one->key);
    char word[32];
    for (int used; sscanf(needed, "%31s%n", word, &used) == 1; needed += used)
        if (!json_get(what, word)) fault("this key is missing: ", word);
}

void check_message(const struct json *what) {
    known(what, "kind", "text base64 seed length surrogate");
    const struct json *kind = json_get(what, "kind"), *length = json_get(what, "length");
    if (kind->is != '"') fault("the kind is no string", "");
    bool text = !strcmp(kind->text, "text");
    if (!text && strcmp(kind->text, "bytes")) unsupported(kind->text);
    const struct json *content = json_get(what, text ? "text" : "base64");
    if (content ? content->is == '"' : text && json_get(what, "surrogate")) return;
    if (!length || !length->whole || !json_get(what, "seed")) fault("a message has no content", "");
}

static size_t unbase64(const char *from, uint8_t *to) {
    uint8_t *begin = to;
    unsigned held = 0, bits = 0;
    for (const char *at; *from && (at = strchr(BASE64, *from)); from++) {
        held = held << 6 | (unsigned)(at - BASE64);
        if ((bits += 6) >= 8) *to++ = (uint8_t)(held >> (bits -= 8));
    }
    return (size_t)(to - begin);
}

static unsigned draw(uint64_t *x) {
    *x = (*x * 1103515245 + 12345) % (UINT64_C(1) << 31);
    return (unsigned)(*x >> 16);
}

static void recipe(bool text, uint64_t seed, size_t length, uint8_t *to) {
    static const char *const ALPHABET[] = {
        "A", "z", "0", "~", "é", "ß", "Ω", "Ж", "א", "€", "中", "\xEF\xBF\xBD", "😀",
        "\xF4\x8F\xBF\xBF", "", "\n"}; /* the empty one is U+0000 */
    uint8_t unit[4096], number[17];
    size_t size = 0, at = 0;
    for (int count = text ? 1024 : 4088; count--;) {
        unsigned drawn = draw(&seed);
        const char *point = ALPHABET[drawn & 15];
        size_t octets = text && *point ? strlen(point) : 1;
        if (text) memcpy(unit + size, point, octets);
        else unit[size] = (uint8_t)drawn;
        size += octets;
    }
    for (size_t k = 0; at < length; k++) {
        if (text) snprintf((char *)number, sizeof number, "%08zx", k);
        else for (int i = 0; i < 8; i++) number[i] = (uint8_t)(k >> (56 - 8 * i));
        for (size_t i = 0; i < 8 + size && at < length; i++)
            to[at++] = i < 8 ? number[i] : unit[i - 8];
        size_t next = at < length ? 0 : length % (8 + size); /* the octet that did not fit */
        if (text && next > 8 && (unit[next - 8] & 0xC0) == 0x80) {
            while ((to[--at] & 0xC0) == 0x80) continue;
            memset(to + at, '.', length - at);
            at = length;
        }
    }
}

struct message *make_message(const struct json *what) {
    bool text = !strcmp(json_get(what, "kind")->text, "text");
    const struct json *content = json_get(what, text ? "text" : "base64");
    const struct json *length = json_get(what, "length");
    struct message *message = calloc(1, sizeof *message);
    if (!message) abort();
    message->text = text;
    message->size = content ? content->size : length ? (size_t)length->number : 5;
    if (!(message->octets = malloc(message->size + 1))) abort();
    if (length) recipe(text, (uint64_t)json_get(what, "seed")->number, message->size, message->octets);
    else if (text) memcpy(message->octets, content ? content->text : "a\xED\xA0\x80" "b", message->size);
    else message->size = unbase64(content->text, message->octets);
    return message;
}

void free_message(struct message *message) {
    if (message) free(message->octets);
    free(message);
}

static void base64(FILE *out, const char *key, const uint8_t *at, size_t size) {
    fprintf(out, ", \"%s\": \"", key);
    for (size_t i = 0; i < size; i += 3) {
        unsigned held = (unsigned)at[i] << 16;
        if (i + 1 < size) held |= (unsigned)at[i + 1] << 8;
        if (i + 2 < size) held |= at[i + 2];
        fprintf(out, "%c%c%c%c", BASE64[held >> 18], BASE64[held >> 12 & 63],
                i + 1 < size ? BASE64[held >> 6 & 63] : '=', i + 2 < size ? BASE64[held & 63] : '=');
    }
    putc('"', out);
}

void describe(FILE *out, const struct message *message) {
    uint32_t table[256], crc = UINT32_MAX;
    for (uint32_t n = 0; n < 256; n++) {
        table[n] = n;
        for (int bit = 0; bit < 8; bit++) table[n] = table[n] >> 1 ^ (table[n] & 1) * 0xEDB88320;
    }
    for (size_t i = 0; i < message->size; i++)
        crc = table[(crc ^ message->octets[i]) & 255] ^ crc >> 8;
    size_t edge = message->size < 32 ? message->size : 32;
    fprintf(out, "{\"kind\": \"%s\", \"length\": %zu, \"crc32\": \"%08x\"",
            message->text ? "text" : "bytes", message->size, ~crc);
    base64(out, "head", message->octets, edge);
    base64(out, "tail", message->octets + message->size - edge, edge);
    if (message->size <= 4096) base64(out, "base64", message->octets, message->size);
    putc('}', out);
}
