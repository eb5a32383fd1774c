package demo;
public class Main { public static void main(String[] a) { System.out.println("layers " + System.getProperty("user.dir")); } }
