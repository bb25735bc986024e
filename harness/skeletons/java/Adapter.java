/**
 * The adapter of $name: requests become calls of your implementation.
 *
 * <p>What is in Protocol.java is alike for everybody. What is not here yet are the verbs.
 * conformance/ADAPTERS.md says what each of them does, and
 * {@code python -m harness smoke $name --peers peers.toml --first} which one to write next.
 */
final class Adapter extends Protocol {
    public static void main(String[] words) {
        if (words.length > 0) System.exit(89);  // there are no options

        // on(word, keys, verb): the keys that the verb knows, separated by blanks, and what it
        // does with the request, each in a thread of its own: to return ok(key, fact, ...), or to
        // throw unsupported(word), or anything else, which is a fault. These are to come:
        //   on("hello", "protocol", request -> ...);        on("listen", "", ...);
        //   on("open", "conn flavour within connect accept", ...);
        //   on("write", "conn messages", ...);              on("read", "conn count within", ...);
        //   on("state", "conn", ...);                       on("wait", "conn for within", ...);
        //   on("close", "conn listener", ...);              on("discard", "conn", ...);
        serve();
    }
}
