import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** An adapter (conformance/ADAPTERS.md) around Stocking: lines from stdin, or a mirror. */
final class Main {
    private static final int LINE_LIMIT = 1 << 20;
    private static final PrintStream OUT = System.out;
    private static final Adapter ADAPTER = new Adapter();

    public static void main(String[] words) throws Exception {
        System.setOut(System.err);  // stdout is for answers
        if (words.length == 0) {
            drive(System.in);
        }
        if (words.length != 3 || !words[0].equals("--mirror")) {
            Runtime.getRuntime().halt(89);
        }
        String where = words[2];
        if (words[1].equals("--connect")) {
            int colon = where.lastIndexOf(':');
            mirror(new Socket(where.substring(0, colon), Integer.parseInt(where.substring(colon + 1))));
        } else if (words[1].equals("--listen")) {
            ServerSocket listener = new ServerSocket(Integer.parseInt(where), 1,
                    InetAddress.getByName("127.0.0.1"));
            OUT.println("listening 127.0.0.1 " + listener.getLocalPort());
            OUT.flush();
            mirror(listener.accept());
        }
        Runtime.getRuntime().halt(89);
    }

    private static void mirror(Socket socket) throws Exception {
        Stocking stocking = new Stocking(socket, null, message -> message, message -> message);
        while (stocking.active()) {
            stocking.await(() -> stocking.readable() || !stocking.active(), Double.POSITIVE_INFINITY);
            Object message = stocking.read();
            if (message instanceof String text) {
                stocking.write(new StringBuilder(text).reverse().toString());  // by code points
            } else if (message instanceof byte[] octets) {
                byte[] reversed = new byte[octets.length];
                for (int i = 0; i < octets.length; i++) {
                    reversed[i] = octets[octets.length - 1 - i];
                }
                stocking.write(reversed);
            }
        }
        stocking.close("closed");
        Runtime.getRuntime().halt(0);
    }

    private static void drive(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        byte[] octets = new byte[1 << 16];
        for (int size; (size = in.read(octets)) > 0;) {
            for (int i = 0; i < size; i++) {
                if (octets[i] != '\n') {
                    if (line.size() <= LINE_LIMIT) {
                        line.write(octets[i]);
                    }
                    continue;
                }
                take(line);
                line.reset();
            }
        }
        Runtime.getRuntime().halt(0);
    }

    private static void take(ByteArrayOutputStream line) {
        try {
            if (line.size() > LINE_LIMIT) {
                throw Words.fault("a line of more than " + LINE_LIMIT + " octets");
            }
            Object what = Json.parse(line.toString(StandardCharsets.UTF_8));
            if (!(what instanceof Map<?, ?> object) || !(object.get("id") instanceof Long id)) {
                throw Words.fault("no JSON object with an integer id");
            }
            Map<String, Object> request = Words.object();
            object.forEach((key, value) -> request.put((String) key, value));
            new Thread(() -> obey(id, request)).start();
        } catch (Words.Answer answer) {
            answer(null, answer.answer);
        } catch (IllegalArgumentException error) {
            answer(null, Words.fault("the line is not JSON: " + error.getMessage()).answer);
        }
    }

    private static void obey(long id, Map<String, Object> request) {
        try {
            answer(id, Words.object("ok", ADAPTER.obey(request)));
            if (request.get("do").equals("bye")) {
                Runtime.getRuntime().halt(0);
            }
        } catch (Words.Answer answer) {
            answer(id, answer.answer);
        } catch (Exception error) {
            StringWriter traceback = new StringWriter();
            error.printStackTrace(new PrintWriter(traceback));
            answer(id, Words.object("fault", Words.object("message", error.toString(),
                    "traceback", traceback.toString())));
        }
    }

    private static void answer(Long id, Map<String, Object> what) {
        Map<String, Object> answer = Words.object("id", id);
        answer.putAll(what);
        byte[] octets = (Json.text(answer) + "\n").getBytes(StandardCharsets.US_ASCII);
        synchronized (OUT) {
            OUT.write(octets, 0, octets.length);
            OUT.flush();
        }
    }
}
