package dev.unmask.model;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** The families that are there. */
final class Families {
    static final List<Family> ALL =
            ServiceLoader.load(Family.class, Family.class.getClassLoader()).stream()
                    .map(ServiceLoader.Provider::get)
                    .sorted(Comparator.comparing(Family::name))
                    .toList();

    private Families() {}

    /** The family of a published configuration. */
    static Family of(PublishedConfig config) {
        String type = config.modelType();
        return ALL.stream()
                .filter(family -> family.modelTypes().contains(type))
                .findFirst()
                .orElseThrow(() ->
                        config.refused(
                                "model_type",
                                "one of "
                                        + ALL.stream()
                                                .flatMap(family -> family.modelTypes().stream())
                                                .collect(Collectors.joining(", "))
                                        + "; other families are not supported"));
    }
}
