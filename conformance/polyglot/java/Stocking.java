import java.io.*;
import java.net.*;
import java.nio.*;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.*;

/** Whole messages, texts (String) or bytes (byte[]), over a connected socket; safe for threads. */
final class Stocking {
    static final int LARGEST = 1 << 27;  // octets of a message that is taken; a longer one ends it
    private static final Object END = new Object();  // stands in the inbox behind all messages
    private final Socket socket;
    private final BlockingQueue<Object> inbox = new LinkedBlockingQueue<>();
    private final Thread receiver = new Thread(this::receive);
    private final ExecutorService sender = Executors.newSingleThreadExecutor();
    final CompletableFuture<Void> ended = new CompletableFuture<>();  // or its close has begun
    volatile Future<?> sent = CompletableFuture.completedFuture(null);  // the last frame
    volatile String cause;  // why it has ended, or is about to

    Stocking(Socket socket) {
        this.socket = socket;
        receiver.start();
    }

    boolean active() { return inbox.peek() != END; }

    /** The next message; null if none came in time, or none can come any more (see active). */
    Object read(double seconds) throws InterruptedException {
        Object message = inbox.poll((long) (seconds * 1e9), TimeUnit.NANOSECONDS);
        if (message == END) inbox.add(END);
        return message == END ? null : message;
    }

    synchronized void write(Object message) throws IOException {
        byte[] frame = frame(message);
        if (sender.isShutdown()) throw new SocketException("the connection has ended: " + cause);
        sent = sender.submit(() -> send(frame));
    }

    /** Delivers what was written, within so many milliseconds. */
    void close(String why, int linger) throws IOException, InterruptedException {
        finish(why);
        synchronized (this) {
            ended.complete(null);
            inbox.clear();
            inbox.add(END);
        }
        receiver.join(linger);
        socket.close();
    }

    /** Takes no more writes, and ends this direction behind what is queued. The first cause stays. */
    private synchronized void finish(String why) {
        if (sender.isShutdown()) return;
        cause = why;
        sender.submit(() -> { socket.shutdownOutput(); return null; });
        sender.shutdown();
    }

    private void send(byte[] frame) {
        try { socket.getOutputStream().write(frame); } catch (IOException error) { finish("reset"); }
    }

    private void receive() {
        String end = "eof";
        try {
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
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
        return !text ? payload
            : StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
    }

    private static byte[] frame(Object message) throws IOException {
        ByteBuffer payload = !(message instanceof String text) ? ByteBuffer.wrap((byte[]) message)
            : StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        ByteArrayOutputStream frame = new ByteArrayOutputStream(payload.limit() + 10);
        int octet = payload.limit() % 64 + (message instanceof String ? 0 : 64);
        for (int rest = payload.limit() / 64; rest > 0; rest /= 128) {
            frame.write(octet);
            octet = rest % 128;
        }
        frame.write(octet + 128);
        frame.write(payload.array(), 0, payload.limit());
        return frame.toByteArray();
    }
}
