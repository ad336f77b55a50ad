package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.LanguageModel;
import dev.unmask.sample.FillIn;
import dev.unmask.tensor.Tensor;
import dev.unmask.train.Run;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What an app can call names types of the JDK and of Unmask only: the JSON library is ours to change. */
class PublicSignaturesTest {
    private static final String JACKSON = "com.fasterxml";

    @ParameterizedTest
    @ValueSource(classes = {Tensor.class, LanguageModel.class, FillIn.class, Run.class})
    @DisplayName("no type of Jackson stands in a public or protected signature of an exported package")
    void signatures(Class<?> ofModule) throws Exception {
        List<Class<?>> exported = exported(ofModule);
        assertTrue(exported.contains(ofModule), () -> "found only " + exported);
        Set<String> found = new TreeSet<>();
        for (Class<?> type : exported) {
            for (String signature : of(type).toList()) {
                if (signature.contains(JACKSON)) {
                    found.add(signature);
                }
            }
        }
        assertEquals(Set.of(), found);
    }

    @ParameterizedTest
    @ValueSource(classes = {Tensor.class, LanguageModel.class, FillIn.class, Run.class})
    @DisplayName("no module hands Jackson on to those that require it")
    void requirements(Class<?> ofModule) throws Exception {
        List<ModuleDescriptor.Requires> handedOn =
                descriptor(ofModule).requires().stream()
                        .filter(requires -> requires.name().startsWith(JACKSON))
                        .filter(requires ->
                                requires.modifiers().contains(ModuleDescriptor.Requires.Modifier.TRANSITIVE))
                        .toList();
        assertEquals(List.of(), handedOn);
    }

    private static ModuleDescriptor descriptor(Class<?> ofModule) throws IOException, URISyntaxException {
        return inModule(
                ofModule,
                root -> {
                    try (InputStream in = Files.newInputStream(root.resolve("module-info.class"))) {
                        return ModuleDescriptor.read(in);
                    }
                });
    }

    /** The public classes of the packages that everybody may use, and those within them. */
    private static List<Class<?>> exported(Class<?> ofModule) throws IOException, URISyntaxException {
        Set<String> packages =
                descriptor(ofModule).exports().stream()
                        .filter(exports -> !exports.isQualified())
                        .map(ModuleDescriptor.Exports::source)
                        .collect(Collectors.toSet());
        return inModule(
                ofModule,
                root -> {
                    List<Class<?>> all = new ArrayList<>();
                    for (String each : packages) {
                        try (Stream<Path> files = Files.list(root.resolve(each.replace('.', '/')))) {
                            for (String file : files.map(path -> path.getFileName().toString()).toList()) {
                                if (file.endsWith(".class") && !file.startsWith("package-info")) {
                                    all.add(named(each + "." + file.substring(0, file.length() - ".class".length())));
                                }
                            }
                        }
                    }
                    return all.stream().filter(PublicSignaturesTest::isSeen).toList();
                });
    }

    private static Class<?> named(String name) {
        try {
            return Class.forName(name, false, PublicSignaturesTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean isSeen(Class<?> type) {
        return isSeen(type.getModifiers()) && (type.getDeclaringClass() == null || isSeen(type.getDeclaringClass()));
    }

    private static boolean isSeen(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }

    private static Stream<String> of(Class<?> type) {
        Stream<Type> above = Stream.concat(Stream.ofNullable(type.getGenericSuperclass()), interfaces(type));
        Stream<String> fields =
                Arrays.stream(type.getDeclaredFields())
                        .filter(field -> isSeen(field.getModifiers()))
                        .map(Field::toGenericString);
        Stream<String> methods =
                Arrays.stream(type.getDeclaredMethods())
                        .filter(method -> isSeen(method.getModifiers()))
                        .map(Method::toGenericString);
        Stream<String> constructors =
                Arrays.<Executable>stream(type.getDeclaredConstructors())
                        .filter(constructor -> isSeen(constructor.getModifiers()))
                        .map(constructor -> ((Constructor<?>) constructor).toGenericString());
        return Stream.of(above.map(parent -> type + " is " + parent.getTypeName()), fields, methods, constructors)
                .flatMap(each -> each);
    }

    private static Stream<Type> interfaces(Class<?> type) {
        return Arrays.stream(type.getGenericInterfaces());
    }

    private interface Reading<T> {
        T from(Path root) throws IOException;
    }

    /** Reads what a class was loaded from: a folder or a jar. */
    private static <T> T inModule(Class<?> ofModule, Reading<T> reading) throws IOException, URISyntaxException {
        Path place = Path.of(ofModule.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (Files.isDirectory(place)) {
            return reading.from(place);
        }
        try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + place.toUri()), Map.of())) {
            return reading.from(jar.getPath("/"));
        }
    }
}
