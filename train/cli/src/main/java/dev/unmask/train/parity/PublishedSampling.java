package dev.unmask.train.parity;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.sample.Blocks;
import dev.unmask.sample.Caching;
import dev.unmask.sample.ConfidentCount;
import dev.unmask.sample.Count;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Order;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.InputException;
import dev.unmask.train.parity.SamplingParity.CaseResult;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Texts that published samplers wrote at temperature 0 with the mask token banned: LLaDA's, Fast-dLLM's with its caches,
 * and Dream's. Each must come out token for token, and after as many evaluations as were counted.
 */
final class PublishedSampling {
    private static final String CASES = "cases";

    /** Stands for a threshold that is null. */
    private static final double NO_THRESHOLD = 0;

    /** Sampling in blocks from left to right. */
    record BlockCase(
            @JsonProperty("sampler") String sampler,
            @JsonProperty("prompt") int[] prompt,
            @JsonProperty("output") int[] output,
            @JsonProperty("steps") int steps,
            @JsonProperty("gen_length") int length,
            @JsonProperty("block_length") int block,
            @JsonProperty("guidance") double guidance,
            @JsonProperty("threshold") double threshold,
            @JsonProperty("cache") String cache) {}

    /** Dream's sampling over a whole text. */
    record DreamCase(
            @JsonProperty("sampler") String sampler,
            @JsonProperty("algorithm") String algorithm,
            @JsonProperty("prompt") int[] prompt,
            @JsonProperty("output") int[] output,
            @JsonProperty("steps") int steps,
            @JsonProperty("total_length") int length,
            @JsonProperty("epsilon") double epsilon,
            @JsonProperty("threshold") double threshold) {}

    private PublishedSampling() {}

    /** Whether a file is of this kind. */
    static boolean applies(ObjectNode root) {
        return root.has(CASES);
    }

    /** The outcome of every case. */
    static List<CaseResult> check(MaskedSampler sampler, ObjectNode root, Path file) {
        int mask = sampler.denoiser().maskToken();
        if (root.path("mask_token_id").asInt(mask) != mask) {
            throw new InputException(
                    file
                            + ": mask_token_id: found "
                            + root.path("mask_token_id")
                            + ", expected the model's "
                            + mask);
        }
        List<CaseResult> results = new ArrayList<>();
        for (JsonNode node : root.path(CASES)) {
            String where = file + ": " + CASES + "[" + results.size() + "]";
            if (!(node instanceof ObjectNode recorded)) {
                throw new InputException(where + ": found " + node + ", expected an object");
            }
            OptionalInt passes = recorded.has("nfe") ? OptionalInt.of(recorded.get("nfe").asInt()) : OptionalInt.empty();
            recorded.remove("nfe");
            if (!recorded.hasNonNull("threshold")) {
                recorded.put("threshold", NO_THRESHOLD);
            }
            String name = recorded.path("sampler").asText();
            results.add(
                    switch (name) {
                        case "dream" ->
                                check(sampler, StrictJson.bind(recorded, DreamCase.class, where), passes, where);
                        case "llada", "fast-dllm" ->
                                check(sampler, StrictJson.bind(recorded, BlockCase.class, where), passes, where);
                        default ->
                                throw new InputException(
                                        where + ": sampler: found " + name + ", expected llada, fast-dllm or dream");
                    });
        }
        return results;
    }

    private static CaseResult check(MaskedSampler sampler, BlockCase recorded, OptionalInt passes, String where) {
        SamplerSettings settings =
                SamplerSettings.defaults()
                        .withCount(
                                recorded.threshold == NO_THRESHOLD
                                        ? new Count.EvenSplit(OptionalInt.of(recorded.steps))
                                        : new ConfidentCount.Threshold(recorded.threshold, OptionalInt.empty()))
                        .withBlocks(Blocks.of(recorded.block))
                        .withGuidance(recorded.guidance)
                        .withCaching(
                                switch (recorded.cache) {
                                    case "none" -> Caching.NONE;
                                    case "prefix" -> Caching.PREFIX;
                                    case "dual" -> Caching.DUAL;
                                    default ->
                                            throw new InputException(
                                                    where
                                                            + ": cache: found "
                                                            + recorded.cache
                                                            + ", expected none, prefix or dual");
                                });
        int mask = sampler.denoiser().maskToken();
        MaskedSequence blank =
                MaskedSequence.continuing(recorded.prompt, recorded.prompt.length + recorded.length, mask, 0);
        int[] wholeBlocks = {0};
        Sample sample =
                sampler.sample(
                                List.of(blank),
                                settings,
                                step ->
                                        wholeBlocks[0] +=
                                                step.sequences().getFirst().unmasked().length == recorded.block ? 1 : 0)
                        .getFirst();
        // With a cache the published loop runs a pass that reveals nothing where the first one fills the block.
        int idle = settings.caching() == Caching.NONE ? 0 : wholeBlocks[0];
        String what =
                String.format(
                        Locale.ROOT,
                        "%s %d tokens, %d steps, blocks of %d%s%s%s",
                        recorded.sampler,
                        recorded.length,
                        recorded.steps,
                        recorded.block,
                        recorded.guidance > 0 ? ", guidance " + recorded.guidance : "",
                        recorded.threshold == NO_THRESHOLD ? "" : ", threshold " + recorded.threshold,
                        recorded.cache.equals("none") ? "" : ", cache " + recorded.cache);
        return result(what, sample, recorded.output, passes, idle);
    }

    private static CaseResult check(MaskedSampler sampler, DreamCase recorded, OptionalInt passes, String where) {
        Order order =
                switch (recorded.algorithm) {
                    case "topk_margin" -> Order.MARGIN;
                    case "entropy" -> Order.ENTROPY;
                    case "maskgit_plus", "confidence_threshold" -> Order.CONFIDENCE;
                    default ->
                            throw new InputException(
                                    where
                                            + ": algorithm: found "
                                            + recorded.algorithm
                                            + ", expected maskgit_plus, topk_margin, entropy or confidence_threshold");
                };
        OptionalInt steps = OptionalInt.of(recorded.steps);
        SamplerSettings settings =
                SamplerSettings.defaults()
                        .withOrder(order)
                        .withCount(
                                recorded.threshold == NO_THRESHOLD
                                        ? new Count.Smdm(steps, recorded.epsilon)
                                        : new ConfidentCount.EvenThreshold(recorded.threshold, steps));
        MaskedSequence blank =
                MaskedSequence.continuing(recorded.prompt, recorded.length, sampler.denoiser().maskToken(), 0);
        Sample sample = sampler.sample(List.of(blank), settings).getFirst();
        String what =
                String.format(
                        Locale.ROOT,
                        "dream %s, %d steps to %d tokens%s",
                        recorded.algorithm,
                        recorded.steps,
                        recorded.length,
                        recorded.threshold == NO_THRESHOLD ? "" : ", threshold " + recorded.threshold);
        return result(what, sample, recorded.output, passes, 0);
    }

    /** Tokens that differ, and evaluations. */
    private static CaseResult result(String what, Sample sample, int[] output, OptionalInt passes, int idle) {
        int[] ids = sample.ids();
        int differing = Math.abs(ids.length - output.length);
        for (int i = 0; i < Math.min(ids.length, output.length); i++) {
            differing += ids[i] == output[i] ? 0 : 1;
        }
        if (passes.isPresent()) {
            differing += Math.abs(passes.getAsInt() - idle - sample.evaluations());
        }
        return new CaseResult(what, differing, 0);
    }
}
