public class App { public static void main(String[] a) { System.out.println("java " + System.getProperty("user.name") + " " + Runtime.getRuntime().maxMemory() / 1000000); } }
