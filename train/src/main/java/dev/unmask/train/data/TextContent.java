package dev.unmask.train.data;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a text holds, by the hashes of its parts: two texts of the same content are packed alike, wherever they lie.
 *
 * @param parts in the order in which they are read
 */
public record TextContent(@JsonProperty("parts") List<Part> parts) {
    /**
     * A file, or a part of WordNet.
     *
     * @param source what it was named by: a path of a file or folder, or {@code wordnet}
     * @param name the file's path, or what of WordNet
     * @param layout where its documents end
     * @param sha256 of its bytes, 64 hexadecimal digits
     */
    public record Part(
            @JsonProperty("source") String source,
            @JsonProperty("name") String name,
            @JsonProperty("layout") String layout,
            @JsonProperty("sha256") String sha256) {}

    /** Takes a copy. */
    public TextContent {
        parts = List.copyOf(parts);
    }

    /**
     * One hash of all parts and their order.
     *
     * @return 64 hexadecimal digits
     */
    @JsonIgnore
    public String sha256() {
        StringBuilder all = new StringBuilder();
        parts.forEach(part -> all.append(part.layout()).append(' ').append(part.sha256()).append('\n'));
        return Sha256.of(all.toString());
    }

    /** What came from some sources only. */
    TextContent of(List<String> sources) {
        return new TextContent(parts.stream().filter(part -> sources.contains(part.source())).toList());
    }

    /** In one sentence, how another text differs; empty if it does not. */
    Optional<String> difference(TextContent now) {
        if (sha256().equals(now.sha256())) {
            return Optional.empty();
        }
        Map<String, Part> before = new HashMap<>();
        parts.forEach(part -> before.put(part.name(), part));
        List<String> differences = new ArrayList<>();
        for (Part part : now.parts) {
            Part old = before.remove(part.name());
            if (old == null) {
                differences.add(part.name() + " is new");
            } else if (!old.sha256().equals(part.sha256())) {
                differences.add(part.name() + " has changed");
            } else if (!old.layout().equals(part.layout())) {
                differences.add(part.name() + " is read otherwise");
            }
        }
        before.keySet().stream().sorted().forEach(name -> differences.add(name + " is gone"));
        if (differences.isEmpty()) {
            return Optional.of("its files are in another order");
        }
        int more = differences.size() - 1;
        return Optional.of(
                differences.getFirst()
                        + (more == 0 ? "" : ", and " + more + " more " + (more == 1 ? "file" : "files")));
    }
}
