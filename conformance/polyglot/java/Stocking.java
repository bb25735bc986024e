import static java.nio.charset.StandardCharsets.UTF_8;
import java.io.*;
import java.net.*;
import java.nio.*;
import java.util.concurrent.*;

/** Whole messages, texts (String) or bytes (byte[]), over a connected socket; safe for threads. */
final class Stocking {
    static final int LARGEST = 1 << 27;  // octets of a message that is taken; a longer one ends it
    private static final Object END = new Object();  // stands in the inbox behind all messages
    private final BlockingQueue<Object> inbox = new LinkedBlockingQueue<>();
    private final ExecutorService sender = Executors.newSingleThreadExecutor();
    private final Thread receiver = new Thread(this::receive);
    private final Socket socket;
    final CompletableFuture<Void> ended = new CompletableFuture<>();  // or its close has begun
    volatile Future<?> sent = CompletableFuture.completedFuture(null);  // the last message
    volatile String cause;  // why it has ended, or is about to

    Stocking(Socket socket) { this.socket = socket; receiver.start(); }
    boolean active() { return !ended.isDone() || inbox.stream().anyMatch(each -> each != END); }

    /** The next message; null if none comes until a nanoTime(), or any more (see active). */
    Object read(long until) throws InterruptedException {
        Object message = inbox.poll(until - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (message != END) return message;
        inbox.add(END);  // for others who wait
        return null;
    }

    synchronized void write(Object message) throws IOException {
        boolean text = message instanceof String;
        ByteBuffer payload = text ? UTF_8.newEncoder().encode(CharBuffer.wrap((String) message))
            : ByteBuffer.wrap((byte[]) message);
        if (sender.isShutdown()) throw new SocketException("the connection has ended: " + cause);
        sent = sender.submit(() -> send(text ? 0 : 64, payload));
    }

    private void send(int kind, ByteBuffer payload) {
        try {
            var out = new BufferedOutputStream(socket.getOutputStream());
            int octet = kind + payload.limit() % 64;
            for (int rest = payload.limit() / 64; rest > 0; octet = rest % 128, rest /= 128)
                out.write(octet);
            out.write(octet + 128);
            out.write(payload.array(), 0, payload.limit());
            out.flush();
        } catch (IOException error) { finish("reset"); }
    }

    /** Takes no more writes, and ends this direction behind what is queued, for the first cause. */
    private synchronized void finish(String why) {
        if (sender.isShutdown()) return;
        cause = why;
        sender.submit(() -> { socket.shutdownOutput(); return null; });
        sender.shutdown();
    }

    /** Delivers what was written, within so many milliseconds. */
    void close(String why, int linger) throws IOException, InterruptedException {
        finish(why);
        synchronized (this) { ended.complete(null); inbox.clear(); inbox.add(END); }
        receiver.join(linger);
        socket.close();
    }

    private void receive() {
        String end = "eof";
        try {
            var in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            for (int octet; (octet = in.read()) >= 0;) {
                Object message = message(octet, in);
                synchronized (this) { if (!ended.isDone()) inbox.add(message); }
            }
        } catch (IOException error) {
            end = error instanceof EOFException ? "truncated"
                : error instanceof SocketException ? "reset" : "protocol";
        }
        finish(end);
        try (socket) {
            if (!end.equals("protocol")) sender.awaitTermination(Long.MAX_VALUE, TimeUnit.DAYS);
        } catch (IOException | InterruptedException error) { }  // it is over all the same
        if (ended.complete(null)) inbox.add(END);
    }

    /** The message that begins with this octet. */
    private static Object message(int octet, DataInputStream in) throws IOException {
        boolean text = (octet & 64) == 0;
        double length = octet & 63;  // exact where it matters, and 69 bits do no harm
        for (int count = 1; octet < 128; count++) {
            octet = in.readUnsignedByte();
            if (count == 10) throw new IOException("an eleventh header octet");
            length += (octet & 127) * Math.pow(2, 7 * count - 1);
        }
        if (length > LARGEST) throw new IOException("a message of " + length + " octets");
        byte[] payload = in.readNBytes((int) length);  // which allocates as they arrive
        if (payload.length < length) throw new EOFException();
        return text ? UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString() : payload;
    }
}
