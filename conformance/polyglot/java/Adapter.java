import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** The verbs of the adapter protocol, as calls of Stocking. */
final class Adapter {
    private record Link(Stocking stocking, Script script) {}

    private record Listener(ServerSocket socket, Map<String, Object> sizes) {}

    private static final int ROOM = 1 << 19;  // octets of the messages of an answer, about

    private final Map<String, Link> links = new ConcurrentHashMap<>();
    private final Map<String, Listener> listeners = new ConcurrentHashMap<>();
    private final AtomicInteger listened = new AtomicInteger();

    private static final Map<String, String[]> KEYS = Map.ofEntries(
            Map.entry("hello", new String[] {"protocol", ""}),
            Map.entry("listen", new String[] {"", "sndbuf rcvbuf"}),
            Map.entry("open", new String[] {"conn flavour within",
                "connect accept sndbuf rcvbuf handshake hooks"}),
            Map.entry("write", new String[] {"conn messages", ""}),
            Map.entry("read", new String[] {"conn count within", ""}),
            Map.entry("state", new String[] {"", "conn"}),
            Map.entry("wait", new String[] {"conn", "for within release"}),
            Map.entry("close", new String[] {"", "conn listener keep"}),
            Map.entry("abort", new String[] {"conn", ""}),
            Map.entry("discard", new String[] {"conn", ""}),
            Map.entry("bye", new String[] {"", ""}));

    /** What `ok` holds; throws a Words.Answer for anything else. */
    Map<String, Object> obey(Map<String, Object> request) throws Exception {
        String verb = Words.need(request, "do", String.class);
        String[] keys = KEYS.get(verb);
        if (keys == null) {
            throw Words.unsupported(verb);
        }
        Words.known(request, ("id do " + keys[0]).strip(), keys[1]);
        return switch (verb) {
            case "hello" -> hello(request);
            case "listen" -> listen(request);
            case "open" -> open(request);
            case "write" -> write(request);
            case "read" -> read(request);
            case "state" -> state(request);
            case "wait" -> await(request);
            case "close" -> close(request);
            case "abort" -> finish(request, true);
            case "discard" -> links.containsKey(request.get("conn")) ? finish(request, true)
                    : Words.object();
            default -> Words.object();
        };
    }

    private static Map<String, Object> hello(Map<String, Object> request) {
        if (!request.get("protocol").equals(1L)) {
            throw Words.unsupported("protocol");
        }
        return Words.object("protocol", 1,
                "implementation", Words.object("name", "stockings.java", "version", "1.0",
                        "language", "Java"),
                "runtime", "Java " + System.getProperty("java.version"),
                "platform", System.getProperty("os.name").toLowerCase(),
                "pid", ProcessHandle.current().pid(), "flavours", List.of("default"),
                "kinds", List.of("bytes", "text"), "largest", Wire.LARGEST,
                "features", List.of("abort", "buffers", "causes", "handshake", "hooks", "keep",
                        "options", "queued", "surrogates"));
    }

    private static double seconds(Map<String, Object> request) {
        double seconds = Words.need(request, "within", Number.class).doubleValue();
        if (!(seconds >= 0)) {
            throw Words.fault("within has to be 0 or more");
        }
        return seconds;
    }

    private static int millis(double seconds) {
        return (int) Math.max(1, Math.min(seconds * 1000, Integer.MAX_VALUE));
    }

    private Link link(Map<String, Object> request) {
        String name = Words.need(request, "conn", String.class);
        Link link = links.get(name);
        if (link == null) {
            throw Words.unsupported(name);
        }
        if (link.stocking == null) {
            throw Words.fault("it is still being opened");
        }
        return link;
    }

    private Map<String, Object> listen(Map<String, Object> request) throws IOException {
        ServerSocket socket = new ServerSocket();
        if (request.get("rcvbuf") instanceof Long size) {
            socket.setReceiveBufferSize(size.intValue());
        }
        socket.bind(new InetSocketAddress("127.0.0.1", 0));
        String name = "l" + listened.incrementAndGet();
        listeners.put(name, new Listener(socket, request));  // accepted ones get its sndbuf
        return Words.object("listener", name, "address", address(socket.getLocalSocketAddress()));
    }

    private static List<Object> address(SocketAddress address) {
        InetSocketAddress at = (InetSocketAddress) address;
        return List.of(at.getAddress().getHostAddress(), at.getPort());
    }

    private static void setSizes(Socket socket, Map<String, Object> sizes) throws IOException {
        if (sizes.get("sndbuf") instanceof Long size) {
            socket.setSendBufferSize(size.intValue());
        }
        if (sizes.get("rcvbuf") instanceof Long size) {
            socket.setReceiveBufferSize(size.intValue());
        }
    }

    private static Map<String, Object> options(Socket socket) throws IOException {
        int linger = socket.getSoLinger();
        return Words.object("TCP_NODELAY", socket.getTcpNoDelay() ? 1 : 0,
                "SO_KEEPALIVE", socket.getKeepAlive() ? 1 : 0,
                "SO_LINGER", List.of(linger < 0 ? 0 : 1, Math.max(linger, 0)),
                "SO_SNDBUF", socket.getOption(StandardSocketOptions.SO_SNDBUF),
                "SO_RCVBUF", socket.getOption(StandardSocketOptions.SO_RCVBUF), "blocking", true);
    }

    private Map<String, Object> open(Map<String, Object> request) throws Exception {
        String name = Words.need(request, "conn", String.class);
        if (!"default".equals(request.get("flavour"))) {
            throw Words.unsupported(request.get("flavour"));
        }
        if (request.containsKey("connect") == request.containsKey("accept")) {
            throw Words.fault("open needs connect or accept");
        }
        Script script = request.containsKey("handshake")
                ? new Script(Words.need(request, "handshake", List.class)) : null;
        UnaryOperator<Object> before = hook(request, "preWrite", "prepend");
        UnaryOperator<Object> behind = hook(request, "postRead", "append");
        if (links.putIfAbsent(name, new Link(null, null)) != null) {
            throw Words.fault("there is a connection " + name + " already");
        }
        Link link = null;
        try {
            Socket socket = request.containsKey("connect") ? dialled(request) : accepted(request);
            setSizes(socket, request);
            Map<String, Object> answer = Words.object(
                    "local", address(socket.getLocalSocketAddress()),
                    "remote", address(socket.getRemoteSocketAddress()), "options", options(socket));
            for (String size : List.of("sndbuf", "rcvbuf")) {
                if (request.containsKey(size)) {
                    answer.put(size, options(socket).get("SO_" + size.toUpperCase()));
                }
            }
            link = new Link(new Stocking(socket, script, before, behind), script);
            return answer;
        } finally {
            if (link == null) {
                links.remove(name);
            } else {
                links.put(name, link);
            }
        }
    }

    private static UnaryOperator<Object> hook(Map<String, Object> request, String name, String key) {
        Map<String, Object> hooks = Words.known(request.getOrDefault("hooks", Map.of()), "",
                "preWrite postRead");
        if (!hooks.containsKey(name)) {
            return message -> message;
        }
        String mark = Words.need(Words.known(hooks.get(name), key, ""), key, String.class);
        return message -> !(message instanceof String text) ? message
                : key.equals("prepend") ? mark + text : text + mark;
    }

    private static Socket dialled(Map<String, Object> request) throws IOException {
        List<?> to = Words.need(request, "connect", List.class);
        Socket socket = new Socket();
        try {
            setSizes(socket, request);
            int port = ((Number) to.get(1)).intValue();
            socket.connect(new InetSocketAddress((String) to.get(0), port), millis(seconds(request)));
            return socket;
        } catch (IOException error) {
            socket.close();
            throw Words.fault("cannot connect to " + to + ": " + error.getMessage());
        }
    }

    private Socket accepted(Map<String, Object> request) throws IOException {
        Listener listener = listener(request, "accept");
        try {
            listener.socket.setSoTimeout(millis(seconds(request)));
            Socket socket = listener.socket.accept();
            setSizes(socket, listener.sizes);
            return socket;
        } catch (IOException error) {
            throw Words.fault("nobody connected in time: " + error.getMessage());
        }
    }

    private Listener listener(Map<String, Object> request, String key) {
        String name = Words.need(request, key, String.class);
        Listener listener = listeners.get(name);
        if (listener == null) {
            throw Words.unsupported(name);
        }
        return listener;
    }

    private static Words.Answer raised(Wire.Refused error, String key, Object facts) {
        return new Words.Answer("raised", Words.object("name", error.name,
                "message", error.getMessage(), key, facts));
    }

    private Map<String, Object> write(Map<String, Object> request) {
        Stocking stocking = link(request).stocking;
        List<Object> messages = new ArrayList<>();
        for (Object each : Words.need(request, "messages", List.class)) {
            messages.add(Words.message(each));
        }
        int written = 0;
        try {
            for (Object message : messages) {
                stocking.write(message);
                written++;
            }
        } catch (Wire.Refused error) {
            throw raised(error, "written", written);
        }
        return Words.object("written", written);
    }

    private Map<String, Object> read(Map<String, Object> request) throws InterruptedException {
        Stocking stocking = link(request).stocking;
        long count = Words.need(request, "count", Long.class);
        double end = System.nanoTime() / 1e9 + seconds(request);
        List<Object> messages = new ArrayList<>();
        try {
            for (int room = ROOM; messages.size() < count && room > 0;) {
                Object message = stocking.read();
                if (message != null) {
                    messages.add(Words.describe(message));
                    room -= messages.get(messages.size() - 1).toString().length();
                } else if (!stocking.await(() -> stocking.readable() || !stocking.active(),
                        end - System.nanoTime() / 1e9) || !stocking.active()) {
                    break;
                }
            }
        } catch (Wire.Refused error) {
            throw raised(error, "messages", messages);
        }
        boolean ended = !stocking.active();
        return Words.object("messages", messages, "ended", ended,
                "last", ended ? stocking.cause() : null);
    }

    private static Map<String, Object> facts(Link link) throws IOException {
        Stocking it = link.stocking;
        synchronized (it) {
            Map<String, Object> facts = Words.object("active", it.active(), "ready", it.ready(),
                    "queued", it.queued(), "readable", null, "ended", it.ended(),
                    "end", it.cause(), "handshake", link.script != null ? link.script.facts()
                            : Words.object("state", "none", "received", List.of(),
                                    "returned", null, "raised", null));
            if (!it.socket.isClosed()) {
                facts.put("options", options(it.socket));
            }
            return facts;
        }
    }

    private Map<String, Object> state(Map<String, Object> request) throws IOException {
        Map<String, Object> state = Words.object("connections", List.copyOf(links.keySet()),
                "listeners", List.copyOf(listeners.keySet()));
        if (request.containsKey("conn")) {
            state.put("conn", facts(link(request)));
        }
        return state;
    }

    private Map<String, Object> await(Map<String, Object> request) throws Exception {
        Link link = link(request);
        Stocking it = link.stocking;
        if (request.containsKey("release")) {
            if (link.script != null) {
                link.script.release(1);
            }
            return Words.object();
        }
        String word = Words.need(request, "for", String.class);
        BooleanSupplier holds = switch (word) {
            case "ready" -> it::ready;
            case "ended" -> it::ended;
            case "flushed" -> () -> !it.queued();
            case "handshake" -> () -> link.script == null || !link.script.running();
            default -> throw Words.unsupported(word);
        };
        boolean happened = it.await(holds, seconds(request));
        return Words.object("happened", happened, "conn", facts(link));
    }

    private Map<String, Object> close(Map<String, Object> request) throws Exception {
        if (request.containsKey("conn") == request.containsKey("listener")) {
            throw Words.fault("close needs conn or listener");
        }
        if (request.containsKey("conn")) {
            return finish(request, false);
        }
        listener(request, "listener").socket.close();
        listeners.remove(request.get("listener"));
        return Words.object();
    }

    private Map<String, Object> finish(Map<String, Object> request, boolean drop) throws Exception {
        Link link = link(request);
        if (drop) {
            link.stocking.drop("aborted");
        } else {
            link.stocking.close("closed");
        }
        if (link.script != null) {
            link.script.release(1 << 20);
        }
        if (!Boolean.TRUE.equals(request.get("keep"))) {
            links.remove(request.get("conn"));
        }
        return Words.object();
    }
}
