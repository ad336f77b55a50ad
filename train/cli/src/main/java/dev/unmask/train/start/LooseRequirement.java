package dev.unmask.train.start;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.attribute.ModuleAttribute;
import java.lang.classfile.attribute.ModuleRequireInfo;
import java.lang.reflect.AccessFlag;
import java.nio.file.Path;
import java.util.List;

/** A module that does without one that it requires, as far as the JVM resolves it. */
final class LooseRequirement {
    private LooseRequirement() {}

    /** Copies a module's jar, with one of its requirements made one for the compiler only. */
    static void copy(Path jar, Path copy, String required) throws IOException {
        JarCopy.of(jar, copy, (name, content) -> JarCopy.isModule(name) ? loosened(content, required) : content);
    }

    private static byte[] loosened(byte[] descriptor, String required) {
        ClassFile reader = ClassFile.of();
        return reader.transformClass(
                reader.parse(descriptor),
                (builder, element) -> builder.with(element instanceof ModuleAttribute module ? loosened(module, required) : element));
    }

    private static ModuleAttribute loosened(ModuleAttribute module, String required) {
        List<ModuleRequireInfo> requirements =
                module.requires().stream().map(each -> loosened(each, required)).toList();
        return ModuleAttribute.of(
                module.moduleName(),
                module.moduleFlagsMask(),
                module.moduleVersion().orElse(null),
                requirements,
                module.exports(),
                module.opens(),
                module.uses(),
                module.provides());
    }

    private static ModuleRequireInfo loosened(ModuleRequireInfo each, String required) {
        return each.requires().name().equalsString(required)
                ? ModuleRequireInfo.of(
                        each.requires(),
                        each.requiresFlagsMask() | AccessFlag.STATIC_PHASE.mask(),
                        each.requiresVersion().orElse(null))
                : each;
    }
}
