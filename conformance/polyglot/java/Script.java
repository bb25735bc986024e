import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A handshake that is data, and what came of it. */
final class Script implements Stocking.Handshake {
    private record Step(String word, Object argument) {}

    private final List<Step> steps;
    private final List<Object> received = new ArrayList<>();
    private String state = "running", raised;
    private Boolean returned;
    private int released;

    Script(List<?> steps) {
        this.steps = steps.stream().map(Script::checked).toList();
    }

    private static Step checked(Object what) {
        Map<String, Object> step = Words.known(what, "do", "message value");
        String word = Words.need(step, "do", String.class);
        switch (word) {
            case "send", "expect":
                Words.known(what, "do message", "");
                return new Step(word, Words.message(step.get("message")));
            case "return":
                Words.known(what, "do value", "");
                return new Step(word, Words.need(step, "value", Boolean.class));
            case "receive", "drain", "hold", "raise":
                Words.known(what, "do", "");
                return new Step(word, null);
            default:
                throw Words.unsupported(word);
        }
    }

    /** Lets go a script that holds, or will. */
    synchronized void release(int times) {
        released += times;
        notifyAll();
    }

    synchronized boolean running() {
        return state.equals("running");
    }

    synchronized Map<String, Object> facts() {
        return Words.object("state", state, "received", List.copyOf(received), "returned", returned,
                "raised", raised);
    }

    @Override
    public boolean run(Stocking stocking) throws Exception {
        try {
            boolean outcome = play(stocking);
            synchronized (this) {
                returned = outcome;
            }
            return outcome;
        } catch (Exception error) {
            synchronized (this) {
                raised = error.getClass().getSimpleName();
            }
            throw error;
        } finally {
            synchronized (this) {
                state = "done";
            }
        }
    }

    private boolean play(Stocking stocking) throws Exception {
        for (Step step : steps) {
            switch (step.word) {
                case "send" -> stocking.handshakeWrite(step.argument);
                case "receive", "expect" -> {
                    Object got = take(stocking);
                    if (got == null || step.argument != null
                            && !Words.describe(got).equals(Words.describe(step.argument))) {
                        return false;
                    }
                }
                case "drain" -> {
                    while (take(stocking) != null) { }
                }
                case "hold" -> hold();
                case "raise" -> throw new IllegalStateException("the script says so");
                default -> {
                    return (Boolean) step.argument;
                }
            }
        }
        return true;
    }

    private synchronized void hold() throws InterruptedException {
        while (released == 0) {
            wait();
        }
        released--;
    }

    private Object take(Stocking stocking) throws InterruptedException {
        Object message = stocking.handshakeRead();
        if (message != null) {
            synchronized (this) {
                received.add(Words.describe(message));
            }
        }
        return message;
    }
}
