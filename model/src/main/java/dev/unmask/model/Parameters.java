package dev.unmask.model;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Tensor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The names, shapes and initial spread of a model's parameters (METHOD §1.2 to §1.4), and of what families add. */
final class Parameters {
    static final String EMBEDDING = "transformer.wte.weight";
    static final String POSITIONS = "transformer.wpe.weight";
    static final String TOKEN_TYPES = "transformer.wtt.weight";
    static final String EMBEDDING_NORM = "transformer.ln_e";
    static final String FINAL_NORM = "transformer.ln_f";
    static final String HEAD = "lm_head";
    static final String TRANSFORM = "head.dense";
    static final String TRANSFORM_NORM = "head.norm";

    /** Where the names of all blocks begin. */
    static final String BLOCKS = "transformer.h.";

    private final ModelConfig config;
    private final Network network;
    private final double deviation;
    private final double deep;
    private final List<ParameterSpec> all = new ArrayList<>();

    private Parameters(ModelConfig config) {
        this.config = config;
        this.network = config.network();
        this.deviation = Math.sqrt(2.0 / (5.0 * config.width()));
        this.deep = 1 / (Math.sqrt(config.width()) * config.layers());
    }

    /** Where the names of a block begin. */
    static String block(int layer) {
        return BLOCKS + layer + ".";
    }

    static List<ParameterSpec> of(ModelConfig config) {
        Parameters parameters = new Parameters(config);
        parameters.all.addAll(tables(config));
        if (network(config).head().bias()) {
            parameters.all.add(ParameterSpec.bias(HEAD + ".bias", config.vocabulary()));
        }
        boolean post = network(config).norms() == Network.Norms.POST_LAYER;
        if (post) {
            parameters.norm(EMBEDDING_NORM);
        }
        for (int i = 0; i < config.layers(); i++) {
            parameters.block(block(i), post);
        }
        if (!post) {
            parameters.norm(FINAL_NORM);
        }
        if (network(config).head().transform()) {
            parameters.linear(TRANSFORM, config.width(), config.width(), parameters.deviation, true);
            parameters.norm(TRANSFORM_NORM);
        }
        return parameters.all;
    }

    private static Network network(ModelConfig config) {
        return config.network();
    }

    /** The parameters that the scaling law does not count: the head and the embeddings. */
    static List<ParameterSpec> tables(ModelConfig config) {
        double deviation = new Parameters(config).deviation;
        int width = config.width();
        List<ParameterSpec> tables = new ArrayList<>();
        if (!config.network().head().tied()) {
            tables.add(ParameterSpec.weight(HEAD + ".weight", deviation, config.vocabulary(), width));
        }
        tables.add(ParameterSpec.weight(EMBEDDING, deviation, config.embeddingRows(), width));
        if (config.network().positions() == Network.Positions.LEARNED) {
            tables.add(ParameterSpec.weight(POSITIONS, deviation, config.maxLength(), width));
        }
        if (config.network().tokenTypes() > 0) {
            tables.add(ParameterSpec.weight(TOKEN_TYPES, deviation, config.network().tokenTypes(), width));
        }
        return tables;
    }

    private void block(String block, boolean post) {
        Network.Projections projections = network.projections();
        int width = config.width();
        int heads = config.heads().width();
        int groups = config.queryGroups() * config.heads().size();
        if (!post) {
            norm(block + "norm_1");
        }
        if (projections.fused()) {
            linear(block + "attn.attn", config.heads().fusedWidth(), width, deviation, false);
        } else {
            linear(block + "attn.q", heads, width, deviation, projections.bias());
            linear(block + "attn.k", groups, width, deviation, projections.bias());
            linear(block + "attn.v", groups, width, deviation, projections.bias());
        }
        if (projections.norms()) {
            all.add(ParameterSpec.norm(block + "attn.q_norm.weight", config.heads().size()));
            all.add(ParameterSpec.norm(block + "attn.k_norm.weight", config.heads().size()));
        }
        linear(block + "attn.proj", width, heads, deep, projections.outputBias());
        norm(block + (post ? "norm_1" : "norm_2"));
        switch (network.mlp()) {
            case SWIGLU -> {
                linear(block + "mlp.swiglu.w1", config.hidden(), width, deviation, network.mlpBias());
                linear(block + "mlp.swiglu.w2", config.hidden(), width, deviation, network.mlpBias());
                linear(block + "mlp.swiglu.w3", width, config.hidden(), deep, network.mlpBias());
            }
            case GELU -> {
                linear(block + "mlp.up", config.hidden(), width, deviation, network.mlpBias());
                linear(block + "mlp.down", width, config.hidden(), deep, network.mlpBias());
            }
        }
        if (post) {
            norm(block + "norm_2");
        }
    }

    private void linear(String stem, int out, int in, double spread, boolean bias) {
        all.add(ParameterSpec.weight(stem + ".weight", spread, out, in));
        if (bias) {
            all.add(ParameterSpec.bias(stem + ".bias", out));
        }
    }

    private void norm(String stem) {
        all.add(ParameterSpec.norm(stem + ".weight", config.width()));
        if (network.norms() == Network.Norms.POST_LAYER) {
            all.add(ParameterSpec.bias(stem + ".bias", config.width()));
        }
    }

    /**
     * The tensors of a model in their published order.
     *
     * @throws InputException if one is missing, too many, or of another shape
     */
    static Map<String, Tensor> inOrder(ModelConfig config, Map<String, Tensor> parameters) {
        Map<String, Tensor> ordered = new LinkedHashMap<>();
        for (ParameterSpec spec : config.parameters()) {
            Tensor tensor = parameters.get(spec.name());
            if (tensor == null) {
                throw new InputException("model: parameter " + spec.name() + " " + spec.shape() + " is missing");
            }
            if (!tensor.shape().equals(spec.shape())) {
                throw new InputException("model: found " + tensor + ", expected " + spec.name() + " " + spec.shape());
            }
            ordered.put(spec.name(), tensor);
            Int8Weights.scales(spec, tensor, parameters)
                    .ifPresent(scales -> ordered.put(Int8Weights.scalesOf(spec.name()), scales));
        }
        for (String name : parameters.keySet()) {
            if (!ordered.containsKey(name)) {
                throw new InputException("model: found parameter " + name + ", which this configuration lacks");
            }
        }
        return ordered;
    }
}
