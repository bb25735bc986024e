import java.io.IOException;
import java.net.*;
import java.util.*;
import java.util.concurrent.*;

/** The adapter (conformance/ADAPTERS.md): requests become calls of Stocking. */
final class Adapter extends Protocol {
    private static final Map<String, Stocking> LINKS = new ConcurrentHashMap<>();
    private static final Map<String, ServerSocket> LISTENERS = new ConcurrentHashMap<>();

    public static void main(String[] words) {
        if (words.length > 0) System.exit(89);  // there are no options
        on("hello", "protocol", request -> {
            if (request.number("protocol") != 1) throw unsupported("protocol");
            return ok("protocol", 1, "flavours", List.of("default"), "largest", Stocking.LARGEST,
                "implementation", object("name", "Stocking", "version", "1.0", "language", "Java"),
                "runtime", "Java " + Runtime.version(), "pid", ProcessHandle.current().pid(),
                "platform", System.getProperty("os.name").toLowerCase(Locale.ROOT),
                "kinds", List.of("bytes", "text"),
                "features", List.of("abort", "causes", "keep", "queued", "surrogates"));
        });
        on("listen", "", request -> {
            ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
            String name = "l" + server.getLocalPort();
            LISTENERS.put(name, server);
            return ok("listener", name, "address", List.of("127.0.0.1", server.getLocalPort()));
        });
        on("open", "conn flavour within connect accept", Adapter::open);
        on("close", "conn listener keep", request -> {
            either(request, "conn", "listener");
            if (request.containsKey("conn")) return finish(request, "closed", 5000);
            named(LISTENERS, request.text("listener")).close();
            LISTENERS.remove(request.text("listener"));
            return ok();
        });
        on("abort", "conn", request -> finish(request, "aborted", 1));
        on("discard", "conn", request ->
            LINKS.containsKey(request.text("conn")) ? finish(request, "aborted", 1) : ok());
        on("write", "conn messages", Adapter::write);
        on("read", "conn count within", Adapter::read);
        on("wait", "conn for within", Adapter::await);
        on("state", "conn", request -> {
            StringJoiner state = object("connections", List.copyOf(LINKS.keySet()),
                "listeners", List.copyOf(LISTENERS.keySet()));
            if (request.containsKey("conn")) state.add("\"conn\": " + state(link(request)));
            return "\"ok\": " + state;
        });
        serve();
    }

    private static Stocking link(Json request) { return named(LINKS, request.text("conn")); }

    private static void either(Json request, String one, String other) throws IOException {
        if (request.containsKey(one) == request.containsKey(other))
            throw new IOException("either " + one + " or " + other);
    }

    private static String open(Json request) throws IOException {
        String name = request.text("conn"), flavour = request.text("flavour");
        if (!flavour.equals("default")) throw unsupported(flavour);
        either(request, "connect", "accept");
        if (LINKS.containsKey(name)) throw new IOException("there is a connection " + name);
        int millis = (int) Math.max(1, request.number("within") * 1000);
        Socket socket = new Socket();
        if (request.containsKey("connect")) {
            Json to = new Json(request.get("connect"));
            socket.connect(new InetSocketAddress(to.text("0"), (int) to.number("1")), millis);
        } else {
            ServerSocket server = named(LISTENERS, request.text("accept"));
            server.setSoTimeout(millis);
            socket = server.accept();
        }
        LINKS.put(name, new Stocking(socket));
        InetAddress here = socket.getLocalAddress(), there = socket.getInetAddress();
        return ok("local", List.of(here.getHostAddress(), socket.getLocalPort()),
            "remote", List.of(there.getHostAddress(), socket.getPort()));
    }

    private static String write(Json request) {
        Stocking it = link(request);
        Collection<String> messages = new Json(request.get("messages")).values();
        List<Object> values = messages.stream().map(Protocol::message).toList();
        int written = 0;
        try {
            for (Object each : values) { it.write(each); written++; }
        } catch (IOException error) {
            return "\"raised\": " + object("name", error.getClass().getSimpleName(),
                "message", error.getMessage(), "written", written);
        }
        return ok("written", written);
    }

    private static String read(Json request) throws InterruptedException {
        Stocking it = link(request);
        List<Object> messages = new ArrayList<>();
        double most = Math.min(request.number("count"), 128);  // so many fit into a line
        long end = System.nanoTime() + (long) (request.number("within") * 1e9);
        for (Object got; messages.size() < most && (got = it.read(end)) != null;)
            messages.add(describe(got));
        boolean ended = !it.active();
        return ok("messages", messages, "ended", ended, "last", ended ? it.cause : null);
    }

    private static String await(Json request) throws Exception {
        Stocking it = link(request);
        Future<?> now = CompletableFuture.completedFuture(null), never = new CompletableFuture<>();
        Future<?> what = named(Map.of("ready", it.active() ? now : never, "handshake", now,
            "ended", it.ended, "flushed", it.sent), request.text("for"));
        try {
            what.get((long) (request.number("within") * 1e9), TimeUnit.NANOSECONDS);
        } catch (TimeoutException error) { }  // and so it is not done
        return ok("happened", what.isDone(), "conn", state(it));
    }

    private static StringJoiner state(Stocking it) {
        boolean ended = it.ended.isDone();
        return object("active", it.active(), "ready", it.active(), "queued", !it.sent.isDone(),
            "ended", ended, "end", ended ? it.cause : null, "handshake", object("state", "none",
                "received", List.of(), "returned", null, "raised", null));
    }

    private static String finish(Json request, String how, int linger) throws Exception {
        link(request).close(how, linger);
        if (!request.containsKey("keep")) LINKS.remove(request.text("conn"));
        return ok();
    }
}
