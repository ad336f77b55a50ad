package dev.unmask.model.huggingface;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;

import dev.unmask.model.tokenizer.TokenizerLibrary;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;

/**
 * Hugging Face's own library of tokenizers through DJL. Its native code is in the jar and is unpacked to DJL's cache
 * folder ({@code ~/.djl.ai}, or what {@code DJL_CACHE_DIR} says).
 */
public final class NativeTokenizerLibrary implements TokenizerLibrary {
    static {
        // Without this DJL reports its use over the network, and looks there for a CUDA build on a machine with a GPU.
        setIfAbsent("ai.djl.offline", "true");
        setIfAbsent("OPT_OUT_TRACKING", "true");
        setIfAbsent("RUST_FLAVOR", "cpu");
    }

    /** Found as a service. */
    public NativeTokenizerLibrary() {}

    private static void setIfAbsent(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    @Override
    public Codec open(byte[] tokenizerJson) throws IOException {
        try {
            return new NativeCodec(
                    HuggingFaceTokenizer.newInstance(
                            new ByteArrayInputStream(tokenizerJson),
                            Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false")));
        } catch (LinkageError e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(
                    "this kind of tokenizer needs Hugging Face's native library, which cannot be loaded here ("
                            + cause.getMessage()
                            + "); check that ~/.djl.ai or DJL_CACHE_DIR can be written to, or train a tokenizer of your"
                            + " own",
                    e);
        }
    }

    private record NativeCodec(HuggingFaceTokenizer library) implements Codec {
        @Override
        public int[] encode(String text) {
            return Arrays.stream(library.encode(text, false, false).getIds()).mapToInt(Math::toIntExact).toArray();
        }

        @Override
        public String decode(int[] ids) {
            return library.decode(Arrays.stream(ids).mapToLong(id -> id).toArray(), false);
        }
    }
}
