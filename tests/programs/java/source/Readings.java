// Reads lines "sensor value" from stdin and tells what each sensor's readings are; then makes far more objects than fit into the
// heap at once. Collections, interfaces, lambdas, text, numbers, exceptions of Java's own and of the library.
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.teavm.interop.Export;
import org.teavm.interop.Import;

public class Readings {
    @Import(module = "stdin", name = "read")
    private static native int read();

    @Export(name = "_start")
    public static void start() {
        main(new String[0]);
    }

    static final class BadLine extends Exception {
        BadLine(int number, String what, Throwable cause) {
            super("line " + number + ": " + what, cause);
        }
    }

    interface Shape {
        double area();
    }

    record Square(double side) implements Shape {
        public double area() {
            return side * side;
        }
    }

    record Circle(double radius) implements Shape {
        public double area() {
            return Math.PI * radius * radius;
        }
    }

    private static String line() {
        StringBuilder text = new StringBuilder();
        int c = read();
        if (c < 0) return null;
        for (; c >= 0 && c != '\n'; c = read()) text.append((char) c);
        return text.toString();
    }

    private static void add(Map<String, List<Double>> readings, String text, int number) throws BadLine {
        String[] words = text.split(" ");
        try {
            double value = Double.parseDouble(words[1]);
            readings.computeIfAbsent(words[0], name -> new ArrayList<>()).add(value);
        } catch (NumberFormatException wrong) {
            throw new BadLine(number, "'" + words[1] + "' is no number", wrong);
        } catch (ArrayIndexOutOfBoundsException wrong) {
            throw new BadLine(number, "a name and a value are wanted", wrong);
        }
    }

    private static void tell(Map<String, List<Double>> readings) {
        readings.forEach((name, values) -> {
            ToDoubleFunction<List<Double>> mean = all -> all.stream().mapToDouble(Double::doubleValue).average().orElse(0);
            System.out.println(String.format("%-8s %d readings, %.3f on average, most %.3f", name, values.size(), mean.applyAsDouble(values),
                values.stream().max(Comparator.naturalOrder()).get()));
        });
    }

    private static String failure(Runnable what) {
        try {
            what.run();
            return "none";
        } catch (RuntimeException e) {
            return e.getClass().getSimpleName();
        } finally {
            finals++;
        }
    }

    private static int finals;

    private static void exceptions() {
        Object text = "text";
        int[] three = new int[3];
        Map<String, String> nothing = new HashMap<>();
        System.out.println(failure(() -> System.out.println((Integer) text)) + " " + failure(() -> three[three.length]++) + " "
            + failure(() -> nothing.get("x").length()) + " " + failure(() -> List.of(1, 2).add(3)) + " " + failure(() -> { }) + ", " + finals + " finally");
    }

    // Of a million nodes only each thousandth stays: what is collected is counted by nobody, what stays must be whole.
    private static void churn() {
        List<Object[]> kept = new ArrayList<>();
        for (int i = 0; i < 1_000_000; ++i) {
            Object[] node = {i, "n" + i, new long[] {i, 2L * i}};
            if (i % 1000 == 0) kept.add(node);
        }
        long sum = 0;
        for (Object[] node : kept) {
            int i = (Integer) node[0];
            if (!node[1].equals("n" + i) || ((long[]) node[2])[1] != 2L * i) throw new IllegalStateException("node " + i);
            sum += i;
        }
        System.out.println(kept.size() + " of a million nodes stayed, sum " + sum);
    }

    private static int depth(int n) {
        return n == 0 ? 0 : 1 + depth(n - 1);
    }

    public static void main(String[] arguments) {
        Map<String, List<Double>> readings = new TreeMap<>();
        int number = 0;
        for (String text = line(); text != null; text = line()) {
            try {
                add(readings, text, ++number);
            } catch (BadLine bad) {
                System.out.println(bad.getMessage() + " (" + bad.getCause().getClass().getSimpleName() + ")");
            }
        }
        tell(readings);
        exceptions();
        List<Shape> shapes = List.of(new Square(2), new Circle(1), new Square(0.5));
        System.out.println(shapes.stream().sorted(Comparator.comparingDouble(Shape::area)).map(Object::toString).collect(Collectors.joining(", ")));
        System.out.println("depth " + depth(1000));
        churn();
        if (readings.containsKey("fatal")) throw new IllegalStateException("nobody catches this");
        if (readings.containsKey("hoard")) {
            List<int[]> all = new ArrayList<>();
            while (true) all.add(new int[1 << 16]);
        }
    }
}
