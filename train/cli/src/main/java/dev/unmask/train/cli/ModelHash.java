package dev.unmask.train.cli;

import dev.unmask.model.ModelFolder;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Tells models apart by what is in their files. */
final class ModelHash {
    private static final int BUFFER = 1 << 20;

    private ModelHash() {}

    /**
     * The SHA-256 of a model's configuration and weights, in hexadecimal. The files of adapters, and what each set
     * counts, follow those of the model.
     */
    static String of(ModelFolder folder) throws IOException {
        List<Path> all = new ArrayList<>(files(folder.location()));
        List<String> weights = new ArrayList<>();
        for (ModelFolder.AdapterFolder adapter : folder.adapters()) {
            all.addAll(files(adapter.folder()));
            weights.add(adapter.weight() + "\n");
        }
        return of(all, weights);
    }

    private static String of(List<Path> files, List<String> more) throws IOException {
        MessageDigest digest = digest();
        more.forEach(text -> digest.update(text.getBytes(StandardCharsets.UTF_8)));
        byte[] buffer = new byte[BUFFER];
        for (Path file : files) {
            String name = file.getFileName() + " " + Files.size(file) + "\n";
            digest.update(name.getBytes(StandardCharsets.UTF_8));
            try (InputStream content = Files.newInputStream(file)) {
                for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
                    digest.update(buffer, 0, read);
                }
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static List<Path> files(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            Path config = path.resolveSibling("config.json");
            return Files.isRegularFile(config) ? List.of(config, path) : List.of(path);
        }
        try (Stream<Path> all = Files.list(path)) {
            return all.filter(Files::isRegularFile).filter(ModelHash::counts).sorted().toList();
        }
    }

    private static boolean counts(Path file) {
        String name = file.getFileName().toString();
        return name.equals("config.json")
                || name.startsWith("adapter_")
                || name.startsWith("model") && name.endsWith(".safetensors");
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }
}
