import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON as Map, List, String, Long, Double, Boolean and null. */
final class Json {
    private final String line;
    private int at;

    private Json(String line) {
        this.line = line;
    }

    /** Throws an IllegalArgumentException for what is no JSON. */
    static Object parse(String line) {
        Json json = new Json(line);
        try {
            Object value = json.value(0);
            if (json.peek() == 0) {
                return value;
            }
        } catch (IndexOutOfBoundsException error) {
            throw new IllegalArgumentException("it ends too early");
        }
        throw new IllegalArgumentException("something stands behind it");
    }

    private char peek() {
        while (at < line.length() && " \t\r\n".indexOf(line.charAt(at)) >= 0) {
            at++;
        }
        return at < line.length() ? line.charAt(at) : 0;
    }

    private void expect(String word) {
        peek();
        if (!line.startsWith(word, at)) {
            throw new IllegalArgumentException("no " + word + " at " + at);
        }
        at += word.length();
    }

    private Object value(int depth) {
        if (depth > 100) {
            throw new IllegalArgumentException("too deep");
        }
        switch (peek()) {
            case '{': return object(depth);
            case '[': return list(depth);
            case '"': return string();
            case 't': expect("true"); return true;
            case 'f': expect("false"); return false;
            case 'n': expect("null"); return null;
            default: return number();
        }
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> object = new LinkedHashMap<>();
        expect("{");
        for (boolean more = peek() != '}'; more; more = more('}')) {
            peek();
            String key = string();
            expect(":");
            object.put(key, value(depth + 1));
        }
        expect("}");
        return object;
    }

    private List<Object> list(int depth) {
        List<Object> list = new ArrayList<>();
        expect("[");
        for (boolean more = peek() != ']'; more; more = more(']')) {
            list.add(value(depth + 1));
        }
        expect("]");
        return list;
    }

    private boolean more(char close) {
        if (peek() == close) {
            return false;
        }
        expect(",");
        return true;
    }

    private String string() {
        StringBuilder text = new StringBuilder();
        expect("\"");
        for (char c; (c = line.charAt(at++)) != '"';) {
            if (c < ' ') {
                throw new IllegalArgumentException("a control character");
            } else if (c != '\\') {
                text.append(c);
            } else if ((c = line.charAt(at++)) == 'u') {
                text.append((char) Integer.parseInt(line.substring(at, at += 4), 16));
            } else {
                text.append("\"\\/\b\f\n\r\t".charAt("\"\\/bfnrt".indexOf(c)));
            }
        }
        return text.toString();
    }

    private Object number() {
        int from = at;
        while (at < line.length() && "+-.0123456789eE".indexOf(line.charAt(at)) >= 0) {
            at++;
        }
        String digits = line.substring(from, at);
        return digits.matches("-?\\d{1,18}") ? (Object) Long.valueOf(digits)
                : (Object) Double.valueOf(digits);
    }

    static String text(Object value) {
        if (value instanceof Map<?, ?> object) {
            List<String> members = new ArrayList<>();
            object.forEach((key, each) -> members.add(text(key) + ": " + text(each)));
            return "{" + String.join(", ", members) + "}";
        }
        if (value instanceof List<?> list) {
            return "[" + String.join(", ", list.stream().map(Json::text).toList()) + "]";
        }
        if (!(value instanceof String string)) {
            return String.valueOf(value);
        }
        StringBuilder text = new StringBuilder("\"");
        for (char c : string.toCharArray()) {
            text.append(c < ' ' || c > '~' || c == '"' || c == '\\' ? String.format("\\u%04x", (int) c)
                    : String.valueOf(c));
        }
        return text.append('"').toString();
    }
}
