import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Queue;

/** The Stockings wire format (conformance/SPEC.md, sections 4 to 6): no socket, no thread. */
final class Wire {
    static final int LARGEST = 1 << 30;  // octets of a message that is taken

    /** What an application asks for and cannot have; the name says why. */
    static final class Refused extends Exception {
        final String name;

        Refused(String name, String message) {
            super(message);
            this.name = name;
        }
    }

    /** Octets to messages, however they are cut. */
    static final class Decoder {
        private int count;
        private boolean text;
        private long length;
        private ByteArrayOutputStream payload;  // once the header is complete; grows as they arrive

        boolean inside() {
            return count > 0;
        }

        void push(byte[] octets, int size, Queue<Object> inbox) throws IOException {
            for (int at = 0; at < size;) {
                if (payload == null) {
                    header(octets[at++]);
                }
                if (payload == null) {
                    continue;
                }
                int taken = (int) Math.min(size - at, length - payload.size());
                payload.write(octets, at, taken);
                at += taken;
                if (payload.size() == length) {
                    byte[] whole = payload.toByteArray();
                    inbox.add(text ? StandardCharsets.UTF_8.newDecoder()
                            .decode(ByteBuffer.wrap(whole)).toString() : whole);
                    payload = null;
                    count = 0;
                }
            }
        }

        private void header(byte octet) throws IOException {
            if (++count > 10) {
                throw new IOException("an eleventh header octet");
            }
            int shift = 7 * count - 8;
            if (count == 1) {
                text = (octet & 64) == 0;
                length = octet & 63;
            } else if (shift < 62) {
                length += (long) (octet & 127) << shift;
            } else if ((octet & 127) != 0) {
                length = Long.MAX_VALUE;  // more than 62 bits, which is above any limit
            }
            if (octet < 0 && length > LARGEST) {
                throw new IOException("a message of " + length + " octets");
            }
            payload = octet < 0 ? new ByteArrayOutputStream() : null;
        }
    }

    static byte[] frame(Object message) throws Refused {
        ByteBuffer payload;
        try {
            payload = message instanceof String text
                    ? StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text))
                    : ByteBuffer.wrap((byte[]) message);
        } catch (IOException error) {
            throw new Refused("BadText", "a lone surrogate");
        }
        ByteBuffer frame = ByteBuffer.allocate(payload.remaining() + 10);
        int octet = payload.remaining() % 64 + (message instanceof String ? 0 : 64);
        for (int rest = payload.remaining() / 64; rest > 0; rest /= 128) {
            frame.put((byte) octet);
            octet = rest % 128;
        }
        frame.put((byte) (octet + 128)).put(payload).flip();
        byte[] octets = new byte[frame.remaining()];
        frame.get(octets);
        return octets;
    }
}
