import static java.nio.charset.StandardCharsets.UTF_8;
import java.io.*;
import java.util.*;
import java.util.regex.*;
import java.util.zip.CRC32;

/** What the adapter protocol (conformance/ADAPTERS.md) says about lines, messages and recipes. */
class Protocol {
    private static final PrintStream OUT = new PrintStream(System.out, true, UTF_8);
    private static final int LINE_LIMIT = 1 << 20;  // octets, which are characters: it is ASCII
    private static final int[] ALPHABET = ("Az0~\u00e9\u00df\u03a9\u0416\u05d0\u20ac\u4e2d\ufffd"
        + "\ud83d\ude00\udbff\udfff\0\n").codePoints().toArray();
    private static final Pattern SPECIAL = Pattern.compile("[\"\\\\\\p{Cntrl}]");  // in JSON
    private static final Map<String, Verb> VERBS = new HashMap<>();

    interface Verb { String answer(Json request) throws Exception; }

    /** Sets the keys that a verb knows, and what it does: to return ok, or to throw. */
    static void on(String word, String keys, Verb verb) {
        VERBS.put(word, request -> verb.answer(request.known("id do " + keys)));
    }

    static String ok(Object... facts) { return "\"ok\": " + object(facts); }
    static RuntimeException unsupported(String it) { return new UnsupportedOperationException(it); }

    static <T> T named(Map<String, T> map, String name) {
        return Optional.ofNullable(map.get(name)).orElseThrow(() -> unsupported(name));
    }

    /** Answers the lines of stdin, each in a thread of its own. */
    static void serve() {
        System.setOut(System.err);  // stdout is for answers
        on("bye", "", request -> ok());
        new BufferedReader(new InputStreamReader(System.in, UTF_8)).lines()
            .forEach(line -> new Thread(() -> obey(line)).start());
        Runtime.getRuntime().halt(0);
    }

    private static void obey(String line) {
        String id = null, answer;
        boolean last = false;
        try {
            if (line.length() > LINE_LIMIT) throw new IOException("the line is too long");
            Json request = new Json(line);
            String given = request.getOrDefault("id", "");
            if (!given.matches("-?\\d+")) throw new IOException("no integer id");
            id = given;
            answer = named(VERBS, request.text("do")).answer(request);
            last = request.text("do").equals("bye");
        } catch (UnsupportedOperationException error) {
            answer = "\"unsupported\": " + json(error.getMessage());
        } catch (Exception error) {
            answer = "\"fault\": " + object("message", error.toString());
        }
        OUT.print("{\"id\": " + id + ", " + answer + "}\n");
        if (last) Runtime.getRuntime().halt(0);
    }

    /** What is in an object or array, as JSON, by key or index; what is in there shows later. */
    static final class Json extends LinkedHashMap<String, String> {
        private static final String STRING = "\"(?:[^\"\\\\\\x00-\\x1f]++|\\\\.)*+\"";
        private static final String VALUE = nested(nested(nested(STRING))) + "|[-+.\\w]++";
        private static final String MEMBER =
            "\\s*+(?:(" + STRING + ")\\s*+:\\s*+)?+(" + VALUE + ")\\s*+";
        private static final Pattern MEMBERS = Pattern.compile(MEMBER), WHOLE = Pattern.compile(
            "\\s*+[\\[{](?:" + MEMBER + "(?:," + MEMBER + ")*+|\\s*+)[\\]}]\\s*+");
        private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u(.{4})|(.))");

        Json(String json) {
            if (!WHOLE.matcher(json).matches()) throw new IllegalArgumentException("not JSON");
            MEMBERS.matcher(json.strip().substring(1)).results().forEach(it ->
                put(it.group(1) == null ? "" + size() : plain(it.group(1)), it.group(2)));
        }

        /** Matches a string, or brackets around the inner and whatever has no depth. */
        private static String nested(String inner) {
            return STRING + "|[\\[{](?:" + inner + "|[^\"\\[\\]{}]++)*+[\\]}]";
        }

        private static String plain(String json) {
            if (!json.startsWith("\"")) throw new IllegalArgumentException(json + " is no string");
            return ESCAPE.matcher(json.substring(1, json.length() - 1)).replaceAll(
                it -> Matcher.quoteReplacement(Character.toString(it.group(1) != null
                    ? HexFormat.fromHexDigits(it.group(1))
                    : "\"\\/\b\f\n\r\t".charAt("\"\\/bfnrt".indexOf(it.group(2))))));
        }

        String text(String key) { return plain(Objects.requireNonNull(get(key), key)); }
        double number(String key) { return Double.parseDouble(get(key)); }

        Json known(String keys) {
            for (String key : keySet())
                if (!List.of(keys.split(" ")).contains(key)) throw unsupported(key);
            return this;
        }
    }

    /** The JSON of a String, a List, or what is printed as it is. */
    static String json(Object value) {
        if (value instanceof List<?> list) return list.stream().map(Protocol::json).toList() + "";
        if (!(value instanceof String text)) return String.valueOf(value);
        return '"' + SPECIAL.matcher(text).replaceAll(
            it -> "\\\\u%04x".formatted((int) it.group().charAt(0))) + '"';
    }

    /** A JSON object, of keys and values in turn. */
    static StringJoiner object(Object... facts) {
        StringJoiner object = new StringJoiner(", ", "{", "}");
        for (int i = 0; i < facts.length; i += 2)
            object.add(json(facts[i]) + ": " + json(facts[i + 1]));
        return object;
    }

    private static byte[] recipe(boolean text, long x, int length) {
        var unit = new ByteArrayOutputStream();
        var whole = new ByteArrayOutputStream();
        for (int count = text ? 1024 : 4088; count > 0; count--) {
            x = (x * 1103515245 + 12345) % (1L << 31);
            unit.writeBytes(!text ? new byte[] {(byte) (x >> 16)}
                : Character.toString(ALPHABET[(int) (x >> 16) & 15]).getBytes(UTF_8));
        }
        for (long k = 0; whole.size() <= length; k++) {
            whole.writeBytes(text ? "%08x".formatted(k).getBytes(UTF_8)
                : HexFormat.of().parseHex("%016x".formatted(k)));
            whole.writeBytes(unit.toByteArray());
        }
        byte[] octets = whole.toByteArray();
        int cut = length;
        while (text && (octets[cut] & 0xC0) == 0x80) cut--;
        Arrays.fill(octets, cut, octets.length, (byte) '.');
        return Arrays.copyOf(octets, length);
    }

    /** The message of a request, as a String or as byte[]. */
    static Object message(String json) {
        Json what = new Json(json).known("kind text base64 seed length surrogate");
        String kind = what.text("kind");
        if (!List.of("text", "bytes").contains(kind)) throw unsupported(kind);
        if (what.containsKey("surrogate")) return "a\ud800b";
        if (what.containsKey("text")) return what.text("text");
        if (what.containsKey("base64")) return Base64.getDecoder().decode(what.text("base64"));
        long seed = Long.parseLong(what.get("seed"));
        byte[] octets = recipe(kind.equals("text"), seed, Integer.parseInt(what.get("length")));
        return kind.equals("text") ? new String(octets, UTF_8) : octets;
    }

    /** The facts about a message that was delivered. */
    static StringJoiner describe(Object message) {
        byte[] octets = message instanceof String text ? text.getBytes(UTF_8) : (byte[]) message;
        CRC32 crc = new CRC32();
        crc.update(octets);
        Base64.Encoder base64 = Base64.getEncoder();
        int size = octets.length, edge = Math.min(size, 32);
        StringJoiner facts = object("kind", message instanceof String ? "text" : "bytes",
            "length", size, "crc32", "%08x".formatted(crc.getValue()),
            "head", base64.encodeToString(Arrays.copyOf(octets, edge)),
            "tail", base64.encodeToString(Arrays.copyOfRange(octets, size - edge, size)));
        if (size <= 4096) facts.add("\"base64\": \"" + base64.encodeToString(octets) + '"');
        return facts;
    }
}
