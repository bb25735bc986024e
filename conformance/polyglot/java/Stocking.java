import java.io.IOException;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** Whole messages, texts (String) or bytes (byte[]), over a connected socket; safe for threads. */
final class Stocking {
    static final long LINGER = 5_000;  // milliseconds that close() gives the other side

    interface Handshake {
        boolean run(Stocking stocking) throws Exception;
    }

    final Socket socket;
    private final UnaryOperator<Object> preWrite, postRead;
    private final Queue<Object> inbox = new ArrayDeque<>();
    private final Queue<byte[]> outbox = new ArrayDeque<>();  // the first is being sent
    private final Thread reader = new Thread(this::receive), writer = new Thread(this::send);
    private boolean handshaken, vain, finished, sent, closing;
    private String end, cause;

    Stocking(Socket socket, Handshake handshake, UnaryOperator<Object> preWrite,
            UnaryOperator<Object> postRead) {
        this.socket = socket;
        this.preWrite = preWrite;
        this.postRead = postRead;
        handshaken = handshake == null;
        reader.start();
        writer.start();
        if (handshake != null) {
            new Thread(() -> shake(handshake)).start();
        }
    }

    synchronized boolean ended() {
        return closing || finished && sent;
    }

    synchronized boolean active() {
        return !closing && !(ended() && inbox.isEmpty());
    }

    synchronized boolean ready() {
        return handshaken && active();
    }

    /** Whether read has something to give. */
    synchronized boolean readable() {
        return !inbox.isEmpty() && handshaken;
    }

    synchronized boolean queued() {
        return !outbox.isEmpty() && !sent;
    }

    /** Why the connection has ended; null before. */
    synchronized String cause() {
        return ended() ? cause : null;
    }

    void write(Object message) throws Wire.Refused {
        requireHandshake();
        handshakeWrite(preWrite.apply(message));
    }

    /** The next message; null if none is there yet, or none can come any more (see active). */
    synchronized Object read() throws Wire.Refused {
        if (!closing) {
            requireHandshake();
        }
        Object message = closing ? null : inbox.poll();
        return message == null ? null : postRead.apply(message);
    }

    private synchronized void requireHandshake() throws Wire.Refused {
        if (!handshaken) {
            throw new Wire.Refused("NotReady", "the handshake has not completed");
        }
    }

    void handshakeWrite(Object message) throws Wire.Refused {
        byte[] frame = Wire.frame(message);
        synchronized (this) {
            if (sent || closing) {
                throw new Wire.Refused("Ended", "the connection has ended: " + cause);
            }
            outbox.add(frame);
            notifyAll();
        }
    }

    /** For a handshake: the next message, or null once none can come any more. */
    synchronized Object handshakeRead() throws InterruptedException {
        await(() -> !active() || !inbox.isEmpty(), Double.POSITIVE_INFINITY);
        vain |= !active();
        return active() ? inbox.poll() : null;
    }

    /** Waits for something of this connection; returns whether it came about. */
    synchronized boolean await(BooleanSupplier holds, double seconds) throws InterruptedException {
        long over = seconds < 1e6 ? System.nanoTime() + (long) (seconds * 1e9) : 0;
        while (!holds.getAsBoolean()) {
            long left = over == 0 ? 0 : (over - System.nanoTime() + 999_999) / 1_000_000;
            if (over != 0 && left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    synchronized void changed() {
        notifyAll();
    }

    /** Delivers what was written, within LINGER. */
    void close(String why) throws InterruptedException {
        synchronized (this) {
            closing = true;
            end(why, false);
            if (!await(() -> sent && finished, LINGER / 1e3)) {
                end(why, true);
            }
        }
        drop(why);
    }

    /** Ends at once; what was not sent yet is lost. */
    void drop(String why) throws InterruptedException {
        synchronized (this) {
            closing = true;
            end(why, true);
            inbox.clear();
        }
        reader.join();
        writer.join();
    }

    private synchronized void end(String why, boolean drop) {
        cause = cause == null ? why : cause;
        if (drop) {
            finished = sent = true;
            try {
                socket.close();
            } catch (IOException error) {
                System.err.println(error);  // it is gone all the same
            }
        }
        notifyAll();
    }

    private void receive() {
        byte[] octets = new byte[1 << 16];
        Wire.Decoder decoder = new Wire.Decoder();
        while (!finished) {
            int size;
            try {
                size = socket.getInputStream().read(octets);
            } catch (IOException error) {
                end("reset", true);
                return;
            }
            synchronized (this) {
                try {
                    decoder.push(octets, closing ? 0 : size, inbox);
                } catch (IOException error) {
                    end("protocol", true);
                }
                end = decoder.inside() ? "truncated" : "eof";
                finished |= size < 0;
                notifyAll();
            }
        }
    }

    private void send() {
        try {
            for (byte[] frame; (frame = next()) != null;) {
                socket.getOutputStream().write(frame);
                synchronized (this) {
                    outbox.poll();
                    notifyAll();
                }
            }
        } catch (IOException | InterruptedException error) {
            end("reset", true);
        }
    }

    /** The frame to be sent next; null once there are no more, when the stream has been ended. */
    private synchronized byte[] next() throws IOException, InterruptedException {
        await(() -> sent || closing || finished || !outbox.isEmpty(), Double.POSITIVE_INFINITY);
        if (!sent && !outbox.isEmpty()) {
            return outbox.peek();
        }
        if (!sent) {
            sent = true;
            cause = cause == null ? end : cause;
            socket.shutdownOutput();
            notifyAll();
        }
        return null;
    }

    private void shake(Handshake handshake) {
        boolean content = false;
        try {
            content = handshake.run(this);
        } catch (Exception error) {
            System.err.println(error);  // as good as false
        }
        try {
            synchronized (this) {
                handshaken = content && !vain && !closing;
                notifyAll();
            }
            if (!handshaken) {
                close("handshake");
            }
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }
}
