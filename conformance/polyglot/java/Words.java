import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/** What the adapter protocol says about the words of a request, about messages and recipes. */
final class Words {
    /** An answer other than ok. */
    static final class Answer extends RuntimeException {
        final Map<String, Object> answer;

        Answer(String kind, Object what) {
            answer = object(kind, what);
        }
    }

    static Answer fault(String message) {
        return new Answer("fault", object("message", message));
    }

    static Answer unsupported(Object word) {
        return new Answer("unsupported", String.valueOf(word));
    }

    static Map<String, Object> object(Object... keysAndValues) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            object.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return object;
    }

    /** The object that this is, with all needed keys and none that is in neither list. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> known(Object what, String needed, String allowed) {
        if (!(what instanceof Map<?, ?> object)) {
            throw fault("expected a JSON object");
        }
        List<String> must = needed.isEmpty() ? List.of() : List.of(needed.split(" "));
        List<String> may = List.of(allowed.split(" "));
        for (Object key : object.keySet()) {
            if (!must.contains(key) && !may.contains(key)) {
                throw unsupported(key);
            }
        }
        for (String key : must) {
            need(object, key, Object.class);
        }
        return (Map<String, Object>) object;
    }

    static <T> T need(Map<?, ?> object, String key, Class<T> type) {
        if (!type.isInstance(object.get(key))) {
            throw fault(key + " has to be a " + type.getSimpleName());
        }
        return type.cast(object.get(key));
    }

    /** The message of a request, as a String or as byte[]. */
    static Object message(Object what) {
        Map<String, Object> given = known(what, "kind", "text base64 seed length surrogate");
        boolean text = "text".equals(given.get("kind"));
        if (!text && !"bytes".equals(given.get("kind"))) {
            throw unsupported(given.get("kind"));
        }
        if (text && given.get("text") instanceof String content) {
            return content;
        }
        if (text && given.containsKey("surrogate")) {
            return "a\ud800b";
        }
        if (!text && given.get("base64") instanceof String content) {
            return Base64.getDecoder().decode(content);
        }
        byte[] payload = recipe(text, need(given, "seed", Long.class),
                need(given, "length", Long.class).intValue());
        return text ? new String(payload, StandardCharsets.UTF_8) : payload;
    }

    private static final int[] ALPHABET = {
        'A', 'z', '0', '~', 0xE9, 0xDF, 0x3A9, 0x416, 0x5D0, 0x20AC, 0x4E2D, 0xFFFD, 0x1F600,
        0x10FFFF, 0, '\n'};

    private static byte[] recipe(boolean text, long seed, int length) {
        ByteArrayOutputStream unit = new ByteArrayOutputStream();
        for (int count = text ? 1024 : 4088; count > 0; count--) {
            seed = (seed * 1103515245 + 12345) % (1L << 31);
            int draw = (int) (seed >> 16);
            unit.writeBytes(text ? utf8(Character.toString(ALPHABET[draw & 15]))
                    : new byte[] {(byte) draw});
        }
        int block = 8 + unit.size();
        ByteBuffer whole = ByteBuffer.allocate((length / block + 1) * block);
        for (long k = 0; whole.hasRemaining(); k++) {
            whole.put(text ? utf8(String.format("%08x", k))
                    : ByteBuffer.allocate(8).putLong(k).array()).put(unit.toByteArray());
        }
        int cut = length;
        while (text && (whole.get(cut) & 0xC0) == 0x80) {
            cut--;
        }
        byte[] payload = Arrays.copyOf(whole.array(), length);
        Arrays.fill(payload, cut, length, (byte) '.');
        return payload;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The facts about a message that was delivered. */
    static Map<String, Object> describe(Object message) {
        byte[] octets = message instanceof String text ? utf8(text) : (byte[]) message;
        CRC32 crc = new CRC32();
        crc.update(octets);
        int edge = Math.min(octets.length, 32);
        Map<String, Object> facts = object(
                "kind", message instanceof String ? "text" : "bytes", "length", octets.length,
                "crc32", String.format("%08x", crc.getValue()),
                "head", base64(octets, 0, edge),
                "tail", base64(octets, octets.length - edge, octets.length));
        if (octets.length <= 4096) {
            facts.put("base64", base64(octets, 0, octets.length));
        }
        return facts;
    }

    private static String base64(byte[] octets, int from, int to) {
        return Base64.getEncoder().encodeToString(Arrays.copyOfRange(octets, from, to));
    }
}
