package dev.unmask.train.start;

import static java.util.stream.Collectors.toMap;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.attribute.ModuleAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.ModuleDesc;
import java.lang.constant.PackageDesc;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleDescriptor.Requires.Modifier;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A module's copy that does without one that it requires. */
class LooseRequirementTest {
    private static final byte[] EMPTY = {};

    @TempDir private Path folder;

    private static ModuleDescriptor descriptor(Path jar) {
        return ModuleFinder.of(jar).findAll().iterator().next().descriptor();
    }

    private static Map<String, Set<Modifier>> requirements(ModuleDescriptor module) {
        return module.requires().stream().collect(toMap(Requires::name, Requires::modifiers));
    }

    /** A module with some of everything. */
    private Path jar() throws IOException {
        byte[] module =
                ClassFile.of()
                        .buildModule(ModuleAttribute.of(
                                ModuleDesc.of("app"),
                                builder ->
                                        builder.requires(ModuleDesc.of("java.base"), ClassFile.ACC_MANDATED, null)
                                                .requires(ModuleDesc.of("java.sql"), 0, null)
                                                .requires(ModuleDesc.of("java.xml"), ClassFile.ACC_TRANSITIVE, null)
                                                .exports(PackageDesc.of("app.api"), 0)
                                                .opens(PackageDesc.of("app.data"), 0)
                                                .uses(ClassDesc.of("app.api.Service"))
                                                .provides(ClassDesc.of("app.api.Service"), ClassDesc.of("app.data.One"))));
        Path jar = folder.resolve("app.jar");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            Map<String, byte[]> files =
                    Map.of("module-info.class", module, "app/api/Service.class", EMPTY, "app/data/One.class", EMPTY);
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                out.putNextEntry(new ZipEntry(file.getKey()));
                out.write(file.getValue());
                out.closeEntry();
            }
        }
        return jar;
    }

    @Test
    void oneRequirementIsForTheCompilerOnlyAndAllElseStays() throws Exception {
        Path jar = jar();
        Path copy = folder.resolve("copy.jar");
        LooseRequirement.copy(jar, copy, "java.sql");
        ModuleDescriptor before = descriptor(jar);
        ModuleDescriptor after = descriptor(copy);
        Map<String, Set<Modifier>> expected = new HashMap<>(requirements(before));
        expected.put("java.sql", Set.of(Modifier.STATIC));
        assertEquals(expected, requirements(after));
        assertEquals(before.exports(), after.exports());
        assertEquals(before.opens(), after.opens());
        assertEquals(before.provides(), after.provides());
        assertEquals(before.uses(), after.uses());
        assertEquals(before.packages(), after.packages());
    }
}
