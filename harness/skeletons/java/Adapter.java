import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The adapter of $name: lines of JSON from stdin become calls of your implementation.
 *
 * <p>What is here, in Json and in Words is alike for everybody. What is not here yet are the verbs.
 * conformance/ADAPTERS.md says what each of them does, and
 * {@code python -m harness smoke $name --peers peers.toml --first} which one to write next.
 */
final class Adapter {
    private static final int LINE_LIMIT = 1 << 20;
    private static final PrintStream OUT = System.out;

    /** What a verb does with a request: it returns what `ok` holds, or throws a Words.Answer. */
    interface Verb {
        Map<String, Object> call(Map<String, Object> request) throws Exception;
    }

    /** A verb with the keys that a request must have and may have, separated by blanks. */
    private record Entry(String needed, String allowed, Verb verb) {}

    private final Map<String, Object> connections = new ConcurrentHashMap<>();
    private final Map<String, Object> listeners = new ConcurrentHashMap<>();

    // To come: hello (protocol), listen, open (conn flavour within; connect accept), write (conn
    // messages), read (conn count within), state (; conn), wait (conn for within), close (; conn
    // listener) and discard (conn).
    private final Map<String, Entry> verbs = Map.of(
            "bye", new Entry("", "", request -> Words.object()));

    private Map<String, Object> obey(Map<String, Object> request) throws Exception {
        String word = Words.need(request, "do", String.class);
        Entry entry = verbs.get(word);
        if (entry == null) {
            throw Words.unsupported(word);
        }
        Words.known(request, ("id do " + entry.needed).strip(), entry.allowed);
        return entry.verb.call(request);
    }

    private void take(ByteArrayOutputStream octets) {
        try {
            if (octets.size() > LINE_LIMIT) {
                throw Words.fault("a line of more than " + LINE_LIMIT + " octets");
            }
            String line = octets.toString(StandardCharsets.UTF_8);
            if (!(Json.parse(line) instanceof Map<?, ?> object)
                    || !(object.get("id") instanceof Long id)) {
                throw Words.fault("no JSON object with an integer id");
            }
            Map<String, Object> request = Words.object();
            object.forEach((key, value) -> request.put((String) key, value));
            new Thread(() -> answer(id, request)).start();
        } catch (Words.Answer none) {
            print(null, none.answer);
        } catch (IllegalArgumentException error) {
            print(null, Words.fault("the line is not JSON: " + error.getMessage()).answer);
        }
    }

    private void answer(Long id, Map<String, Object> request) {
        try {
            print(id, Words.object("ok", obey(request)));
            if (request.get("do").equals("bye")) {
                Runtime.getRuntime().halt(0);
            }
        } catch (Words.Answer other) {
            print(id, other.answer);
        } catch (Exception error) {
            error.printStackTrace();
            print(id, Words.fault(error.toString()).answer);
        }
    }

    private static void print(Long id, Map<String, Object> what) {
        Map<String, Object> answer = Words.object("id", id);
        answer.putAll(what);
        byte[] octets = (Json.text(answer) + "\n").getBytes(StandardCharsets.US_ASCII);
        synchronized (OUT) {
            OUT.write(octets, 0, octets.length);
            OUT.flush();
        }
    }

    public static void main(String[] words) throws IOException {
        System.setOut(System.err);  // stdout is for answers
        if (words.length > 0) {
            Runtime.getRuntime().halt(89);
        }
        Adapter adapter = new Adapter();
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        byte[] octets = new byte[1 << 16];
        for (int size; (size = System.in.read(octets)) > 0;) {
            for (int i = 0; i < size; i++) {
                if (octets[i] == '\n') {
                    adapter.take(line);
                    line.reset();
                } else if (line.size() <= LINE_LIMIT) {
                    line.write(octets[i]);
                }
            }
        }
        Runtime.getRuntime().halt(0);
    }
}
