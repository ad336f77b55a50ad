package dev.unmask.train.start;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.constant.ClassDesc;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Classes of a jar as classes of a later version, with the stack maps that belong to it: the JVM keeps no class of Java
 * 5 or older in a cache.
 */
final class NewerClasses {
    /** That of Java 8. */
    private static final int VERSION = ClassFile.JAVA_8_VERSION;

    private NewerClasses() {}

    /**
     * Copies a jar.
     *
     * @throws IllegalStateException if the JVM would refuse a class
     */
    static void copy(Path jar, Path copy) throws IOException {
        try (ZipFile files = new ZipFile(jar.toFile())) {
            ClassHierarchyResolver hierarchy =
                    ClassHierarchyResolver.ofResourceParsing((ClassDesc type) -> content(files, type))
                            .orElse(ClassHierarchyResolver.defaultResolver());
            ClassFile reader =
                    ClassFile.of(
                            StackMapsOption.GENERATE_STACK_MAPS, ClassHierarchyResolverOption.of(hierarchy));
            JarCopy.of(jar, copy, (name, content) -> JarCopy.isClass(name) ? newer(reader, content) : content);
        }
    }

    private static InputStream content(ZipFile files, ClassDesc type) {
        String descriptor = type.descriptorString();
        ZipEntry entry = files.getEntry(descriptor.substring(1, descriptor.length() - 1) + ".class");
        try {
            return entry == null ? null : files.getInputStream(entry);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] newer(ClassFile reader, byte[] content) {
        ClassModel model = reader.parse(content);
        if (model.majorVersion() >= ClassFile.JAVA_6_VERSION) {
            return content;
        }
        ClassTransform version =
                (builder, element) -> {
                    if (element instanceof ClassFileVersion) {
                        builder.withVersion(VERSION, 0);
                    } else {
                        builder.with(element);
                    }
                };
        byte[] changed =
                reader.transformClass(
                        model, version.andThen(ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)));
        List<VerifyError> errors = reader.verify(changed);
        if (!errors.isEmpty()) {
            throw new IllegalStateException(model.thisClass().asInternalName() + ": " + errors);
        }
        return changed;
    }
}
