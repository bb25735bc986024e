import java.io.IOException;
import java.net.*;
import java.util.*;
import java.util.concurrent.*;

/** The adapter (conformance/ADAPTERS.md): requests become calls of Stocking. */
final class Adapter extends Protocol {
    private static final Map<String, Stocking> LINKS = new ConcurrentHashMap<>();
    private static final Map<String, ServerSocket> LISTENERS = new ConcurrentHashMap<>();
    private static final Map<String, Verb> VERBS = Map.ofEntries(
        Map.entry("hello", new Verb("protocol", request -> {
            if (!request.get("protocol").equals("1")) throw unsupported("protocol");
            return ok("protocol", 1, "flavours", List.of("default"), "kinds", List.of("bytes", "text"),
                "implementation", object("name", "Stocking.java", "version", "1.0", "language", "Java"),
                "runtime", "Java " + Runtime.version(), "platform", System.getProperty("os.name"),
                "pid", ProcessHandle.current().pid(), "largest", Stocking.LARGEST,
                "features", List.of("abort", "causes", "keep", "queued", "surrogates"));
        })),
        Map.entry("listen", new Verb("", request -> {
            ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
            LISTENERS.put("l" + server.getLocalPort(), server);
            return ok("listener", "l" + server.getLocalPort(),
                "address", List.of("127.0.0.1", server.getLocalPort()));
        })),
        Map.entry("open", new Verb("conn flavour within connect accept", request -> {
            String name = text(request.get("conn")), flavour = text(request.get("flavour"));
            if (!flavour.equals("default")) throw unsupported(flavour);
            if (LINKS.containsKey(name)) throw new IOException("there is a connection " + name);
            int millis = (int) Math.max(1, seconds(request) * 1000);
            Socket socket = new Socket();
            if (request.containsKey("connect")) {
                List<String> to = elements(request.get("connect"));
                socket.connect(new InetSocketAddress(text(to.get(0)), Integer.parseInt(to.get(1))), millis);
            } else {
                ServerSocket server = named(LISTENERS, text(request.get("accept")));
                server.setSoTimeout(millis);
                socket = server.accept();
            }
            LINKS.put(name, new Stocking(socket));
            return ok("local", List.of(socket.getLocalAddress().getHostAddress(), socket.getLocalPort()),
                "remote", List.of(socket.getInetAddress().getHostAddress(), socket.getPort()));
        })),
        Map.entry("write", new Verb("conn messages", request -> {
            Stocking it = link(request);
            List<Object> messages = elements(request.get("messages")).stream().map(Protocol::message).toList();
            int written = 0;
            try {
                for (; written < messages.size(); written++) it.write(messages.get(written));
            } catch (IOException error) {
                return "\"raised\": " + object("name", error.getClass().getSimpleName(),
                    "message", error.getMessage(), "written", written);
            }
            return ok("written", written);
        })),
        Map.entry("read", new Verb("conn count within", request -> {
            Stocking it = link(request);
            int most = Math.min(Integer.parseInt(request.get("count")), 128);  // so many fit into a line
            List<Object> messages = new ArrayList<>();
            double end = System.nanoTime() / 1e9 + seconds(request);
            for (Object got; messages.size() < most && (got = it.read(end - System.nanoTime() / 1e9)) != null;)
                messages.add(describe(got));
            return ok("messages", messages, "ended", !it.active(), "last", it.active() ? null : it.cause);
        })),
        Map.entry("state", new Verb("conn", request -> {
            StringJoiner state = object("connections", List.copyOf(LINKS.keySet()),
                "listeners", List.copyOf(LISTENERS.keySet()));
            return "\"ok\": " + (!request.containsKey("conn") ? state
                : state.add("\"conn\": " + facts(link(request))));
        })),
        Map.entry("wait", new Verb("conn for within", request -> {
            Stocking it = link(request);
            Future<?> what = switch (text(request.get("for"))) {
                case "ready" -> it.active() ? CompletableFuture.completedFuture(null) : new CompletableFuture<>();
                case "handshake" -> CompletableFuture.completedFuture(null);
                case "ended" -> it.ended;
                case "flushed" -> it.sent;
                default -> throw unsupported(text(request.get("for")));
            };
            try {
                what.get((long) (seconds(request) * 1e9), TimeUnit.NANOSECONDS);
            } catch (TimeoutException late) { }  // and so it is not done
            return ok("happened", what.isDone(), "conn", facts(it));
        })),
        Map.entry("close", new Verb("conn listener keep", request -> {
            if (request.containsKey("conn")) return finish(request, "closed", 5000);
            named(LISTENERS, text(request.get("listener"))).close();
            LISTENERS.remove(text(request.get("listener")));
            return ok();
        })),
        Map.entry("abort", new Verb("conn", request -> finish(request, "aborted", 1))),
        Map.entry("discard", new Verb("conn", request ->
            LINKS.containsKey(text(request.get("conn"))) ? finish(request, "aborted", 1) : ok())),
        Map.entry("bye", new Verb("", request -> ok())));

    public static void main(String[] words) {
        if (words.length > 0) System.exit(89);  // there are no options
        serve(VERBS);
    }

    private static Stocking link(Map<String, String> request) {
        return named(LINKS, text(request.get("conn")));
    }

    private static double seconds(Map<String, String> request) {
        return Double.parseDouble(request.get("within"));
    }

    private static StringJoiner facts(Stocking it) {
        return object("active", it.active(), "ready", it.active(), "queued", !it.sent.isDone(),
            "ended", it.ended.isDone(), "end", it.ended.isDone() ? it.cause : null,
            "handshake", object("state", "none", "received", List.of(), "returned", null, "raised", null));
    }

    private static String finish(Map<String, String> request, String how, int linger) throws Exception {
        link(request).close(how, linger);
        if (!request.containsKey("keep")) LINKS.remove(text(request.get("conn")));
        return ok();
    }
}
