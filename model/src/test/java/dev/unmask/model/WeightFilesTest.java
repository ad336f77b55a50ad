package dev.unmask.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.io.SafetensorsException;
import dev.unmask.tensor.io.SafetensorsWriter;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

class WeightFilesTest {
    private static final String FIRST = "model-00001-of-00002.safetensors";
    private static final String SECOND = "model-00002-of-00002.safetensors";

    @TempDir private Path folder;
    private final Map<String, String> map = new LinkedHashMap<>(Map.of("a", FIRST, "b", FIRST, "c", SECOND));

    @BeforeEach
    void shards() throws IOException {
        write(FIRST, "a", "b");
        write(SECOND, "c");
    }

    private void write(String name, String... tensors) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (String tensor : tensors) {
            writer.add(tensor, StoredType.F32, Shape.of(2), (from, target) -> target.fill((byte) tensor.charAt(0)));
        }
        writer.write(folder.resolve(name));
    }

    private Path index() throws IOException {
        String entries =
                map.entrySet().stream()
                        .map(e -> '"' + e.getKey() + "\": \"" + e.getValue().replace("\\", "\\\\") + '"')
                        .collect(Collectors.joining(", "));
        return Files.writeString(
                folder.resolve(WeightFiles.INDEX), "{\"metadata\": {}, \"weight_map\": {" + entries + "}}");
    }

    private String refusal() throws IOException {
        Path index = index();
        return assertThrows(InputException.class, () -> WeightFiles.open(index)).getMessage();
    }

    @Test
    void everyTensorOfEveryShardIsThere() throws IOException {
        WeightFiles files = WeightFiles.open(index());
        assertEquals(List.of("a", "b", "c"), files.tensors().stream().map(StoredTensor::name).sorted().toList());
        assertEquals(folder.resolve(SECOND), files.fileOf("c"));
        assertEquals(2, files.files().size());
    }

    @Test
    void aMissingShardIsNamed() throws IOException {
        Files.delete(folder.resolve(SECOND));
        assertTrue(refusal().contains("names the file " + SECOND + ", which is not beside it"), refusal());
    }

    @ParameterizedTest
    @ValueSource(strings = {"../other.safetensors", "/tmp/x.safetensors", "sub/x.safetensors", "..\\x.safetensors", ""})
    void aNameWithAPathInItIsRefused(String name) throws IOException {
        map.put("c", name);
        assertTrue(refusal().contains("weight_map: c: found \""), refusal());
        assertTrue(refusal().contains("without a path"), refusal());
    }

    @Test
    void aTensorInTwoShardsIsNamed() throws IOException {
        write(SECOND, "c", "a");
        assertTrue(refusal().contains("tensor a is in two files, "), refusal());
    }

    @Test
    void aTensorInNoShardIsNamed() throws IOException {
        map.put("d", SECOND);
        assertTrue(refusal().contains("says that tensor d is in " + SECOND + ", but no file holds it"), refusal());
    }

    @Test
    void aTensorInAnotherShardThanListedIsNamed() throws IOException {
        map.put("b", SECOND);
        assertTrue(refusal().contains("tensor b is in " + SECOND + ", found it in " + FIRST), refusal());
    }

    @Test
    void aTensorThatTheIndexDoesNotListIsNamed() throws IOException {
        write(SECOND, "c", "e");
        assertTrue(refusal().contains("found tensor e, which " + WeightFiles.INDEX + " does not list"), refusal());
    }

    @Test
    void anIndexWithoutAMapIsRefused() throws IOException {
        Path index = Files.writeString(folder.resolve(WeightFiles.INDEX), "{\"weight_map\": []}");
        String message = assertThrows(InputException.class, () -> WeightFiles.open(index)).getMessage();
        assertTrue(message.contains("weight_map: found []"), message);
    }

    @Test
    void aShardThatIsALfsPointerIsToldForWhatItIs() throws IOException {
        Files.writeString(
                folder.resolve(SECOND), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 242\n");
        Path index = index();
        String message = assertThrows(SafetensorsException.class, () -> WeightFiles.open(index)).getMessage();
        assertTrue(message.contains("Git-LFS pointer"), message);
    }
}
