import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.regex.*;
import java.util.zip.CRC32;

/** What the adapter protocol (conformance/ADAPTERS.md) says about lines, messages and recipes. */
class Protocol {
    private static final int LINE_LIMIT = 1 << 20;  // octets, which are characters: it is ASCII
    private static final PrintStream OUT = System.out;
    private static final String[] ALPHABET = ("A z 0 ~ \u00e9 \u00df \u03a9 \u0416 \u05d0 \u20ac"
        + " \u4e2d \ufffd \ud83d\ude00 \udbff\udfff \0 \n").split(" ");
    private static final String STRING = "\"(?:[^\"\\\\\\x00-\\x1f]++|\\\\.)*+\"", S = "[ \\t\\r]*+",
        VALUE = nested(nested(nested(STRING))) + "|[-+.\\w]++",
        MEMBER = S + "(" + STRING + ")" + S + ":" + S + "(" + VALUE + ")" + S;
    private static final Pattern VALUES = Pattern.compile(VALUE), MEMBERS = Pattern.compile(MEMBER),
        OBJECT = Pattern.compile(S + "\\{(?:" + MEMBER + "(?:," + MEMBER + ")*+|" + S + ")\\}" + S),
        ESCAPE = Pattern.compile("\\\\(?:u(.{4})|(.))");

    /** A verb is the keys that it knows, and a function of the request that gives the answer. */
    record Verb(String keys, Action action) { }
    interface Action { String answer(Map<String, String> request) throws Exception; }

    static String ok(Object... facts) { return "\"ok\": " + object(facts); }
    static RuntimeException unsupported(String word) { return new UnsupportedOperationException(word); }
    static <T> T named(Map<String, T> map, String name) {
        return Optional.ofNullable(map.get(name)).orElseThrow(() -> unsupported(name));
    }

    /** Answers the lines of stdin, each in a thread of its own. */
    static void serve(Map<String, Verb> verbs) {
        System.setOut(System.err);  // stdout is for answers
        new BufferedReader(new InputStreamReader(System.in)).lines()
            .forEach(line -> new Thread(() -> obey(line, verbs)).start());
        Runtime.getRuntime().halt(0);
    }

    private static void obey(String line, Map<String, Verb> verbs) {
        String id = null, answer, word = null;
        try {
            if (line.length() > LINE_LIMIT) throw new IOException("the line is too long");
            Map<String, String> request = members(line);
            if (!request.getOrDefault("id", "").matches("-?\\d+")) throw new IOException("no integer id");
            id = request.get("id");
            word = text(request.get("do"));
            Verb verb = named(verbs, word);
            known(request, "id do " + verb.keys);
            answer = verb.action.answer(request);
        } catch (UnsupportedOperationException error) {
            answer = "\"unsupported\": " + json(error.getMessage());
        } catch (Exception error) {
            answer = "\"fault\": " + object("message", error.toString());
        }
        OUT.print("{\"id\": " + id + ", " + answer + "}\n");
        OUT.flush();
        if ("bye".equals(word)) Runtime.getRuntime().halt(0);
    }

    private static void known(Map<String, String> what, String keys) {
        for (String key : what.keySet())
            if (!List.of(keys.split(" ")).contains(key)) throw unsupported(key);
    }

    private static String nested(String inner) {
        return STRING + "|[\\[{](?:" + inner + "|[^\"\\[\\]{}])*+[\\]}]";
    }

    /** The members of an object, as JSON. What is inside of a value is looked at when it is used. */
    private static Map<String, String> members(String object) {
        if (!OBJECT.matcher(object).matches()) throw new IllegalArgumentException("no JSON object");
        Map<String, String> members = new LinkedHashMap<>();
        MEMBERS.matcher(object).results().forEach(it -> members.put(text(it.group(1)), it.group(2)));
        return members;
    }

    static List<String> elements(String array) {
        return VALUES.matcher(array.substring(1)).results().map(MatchResult::group).toList();
    }

    /** The text that a string of JSON stands for. */
    static String text(String string) {
        if (!string.startsWith("\"")) throw new IllegalArgumentException(string + " is no string");
        return ESCAPE.matcher(string.substring(1, string.length() - 1)).replaceAll(
            it -> Matcher.quoteReplacement(Character.toString(it.group(1) != null
                ? HexFormat.fromHexDigits(it.group(1))
                : "\"\\/\b\f\n\r\t".charAt("\"\\/bfnrt".indexOf(it.group(2))))));
    }

    /** JSON of a String, of a List, or of what is printed as it is. */
    static String json(Object value) {
        if (value instanceof List<?> list) return list.stream().map(Protocol::json).toList().toString();
        if (!(value instanceof String text)) return String.valueOf(value);
        StringBuilder json = new StringBuilder();
        for (char c : text.toCharArray())
            json.append(c < ' ' || c > '~' || c == '"' || c == '\\' ? "\\u%04x".formatted((int) c) : c);
        return "\"" + json + "\"";
    }

    /** A JSON object of keys and values in turn. */
    static StringJoiner object(Object... facts) {
        StringJoiner object = new StringJoiner(", ", "{", "}");
        for (int i = 0; i < facts.length; i += 2)
            object.add(json(facts[i]) + ": " + json(facts[i + 1]));
        return object;
    }

    private static byte[] recipe(boolean text, long x, int length) {
        ByteArrayOutputStream unit = new ByteArrayOutputStream(), whole = new ByteArrayOutputStream();
        for (int count = text ? 1024 : 4088; count > 0; count--) {
            x = (x * 1103515245 + 12345) % (1L << 31);
            int draw = (int) (x >> 16);
            unit.writeBytes(text ? utf8(ALPHABET[draw & 15]) : new byte[] {(byte) draw});
        }
        for (long k = 0; whole.size() <= length; k++) {
            whole.writeBytes(text ? utf8("%08x".formatted(k))
                : HexFormat.of().parseHex("%016x".formatted(k)));
            whole.writeBytes(unit.toByteArray());
        }
        byte[] octets = whole.toByteArray();
        int cut = length;
        while (text && (octets[cut] & 0xC0) == 0x80) cut--;
        Arrays.fill(octets, cut, octets.length, (byte) '.');
        return Arrays.copyOf(octets, length);
    }

    private static byte[] utf8(String text) { return text.getBytes(StandardCharsets.UTF_8); }

    /** The message of a request, as a String or as byte[]. */
    static Object message(String json) {
        Map<String, String> what = members(json);
        known(what, "kind text base64 seed length surrogate");
        boolean text = text(what.get("kind")).equals("text");
        if (!text && !text(what.get("kind")).equals("bytes")) throw unsupported(text(what.get("kind")));
        if (what.containsKey("surrogate")) return "a\ud800b";
        if (what.containsKey("text")) return text(what.get("text"));
        if (what.containsKey("base64")) return Base64.getDecoder().decode(text(what.get("base64")));
        byte[] octets = recipe(text, Long.parseLong(what.get("seed")), Integer.parseInt(what.get("length")));
        return text ? new String(octets, StandardCharsets.UTF_8) : octets;
    }

    /** The facts about a message that was delivered. */
    static StringJoiner describe(Object message) {
        byte[] octets = message instanceof String text ? utf8(text) : (byte[]) message;
        CRC32 crc = new CRC32();
        crc.update(octets);
        int size = octets.length, edge = Math.min(size, 32);
        Base64.Encoder base64 = Base64.getEncoder();
        StringJoiner facts = object("kind", message instanceof String ? "text" : "bytes", "length", size,
            "crc32", "%08x".formatted(crc.getValue()),
            "head", base64.encodeToString(Arrays.copyOf(octets, edge)),
            "tail", base64.encodeToString(Arrays.copyOfRange(octets, size - edge, size)));
        return size > 4096 ? facts : facts.add("\"base64\": " + json(base64.encodeToString(octets)));
    }
}
