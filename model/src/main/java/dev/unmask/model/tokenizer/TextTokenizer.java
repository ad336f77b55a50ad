package dev.unmask.model.tokenizer;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Turns text into token ids and back. Implementations are immutable to their users and safe to share between threads.
 *
 * <p>The mask token of a masked diffusion model is none of these ids: it is {@link #vocabulary()}, one beyond the last
 * ({@code ModelConfig.maskToken()}), or further beyond where the model has padding.
 */
public interface TextTokenizer {
    /** The name under which a folder holds its tokenizer. */
    String FILE_NAME = "tokenizer.json";

    /** The name of the file beside it that names its special tokens. */
    String CONFIGURATION_NAME = "tokenizer_config.json";

    /**
     * Loads a {@code tokenizer.json} in the format of Hugging Face's tokenizers library. Byte-level BPE files, which is
     * what {@link BytePairTrainer} learns, and the files of {@link ByteTokenizer} are read without native code; every
     * other kind is left to Hugging Face's library.
     *
     * @param path the file, or a folder that holds a {@code tokenizer.json}; if a {@code tokenizer_config.json} lies
     *     beside, it says which tokens begin and end a text
     * @return the tokenizer
     * @throws IOException if the file cannot be read or is malformed; the message names the file and what was found
     */
    static TextTokenizer load(Path path) throws IOException {
        return TokenizerFile.load(path);
    }

    /**
     * Opens a tokenizer by what a configuration calls it.
     *
     * @param name {@code bytes}, or the path of a {@code tokenizer.json} or of a folder that holds one
     * @return the tokenizer
     * @throws IOException if the file cannot be read or is malformed
     */
    static TextTokenizer named(String name) throws IOException {
        return name.equals("bytes") ? new ByteTokenizer() : load(Path.of(name));
    }

    /**
     * The ids of a text. Special tokens that stand in the text become one id each, as in Hugging Face's library; none
     * is added before or after.
     *
     * @param text any text; a surrogate without its other half is read as U+FFFD
     * @return ids in {@code [0, V)}
     */
    int[] encode(String text);

    /**
     * The ids of a long text, one after the other. A tokenizer that cannot be cut safely reads all of the text first.
     *
     * @param text read to its end, not closed
     * @param into receives each id
     * @throws IOException if the text cannot be read
     */
    default void encode(Reader text, IntConsumer into) throws IOException {
        StringWriter all = new StringWriter();
        text.transferTo(all);
        for (int id : encode(all.toString())) {
            into.accept(id);
        }
    }

    /**
     * The text of ids, special tokens included. Bytes that are not UTF-8, such as a character cut in two, become
     * U+FFFD, as does an id that stands for no token: one that the vocabulary leaves out or that lies beyond it, where
     * models have padding and a mask token.
     *
     * @param ids ids, at least 0
     * @return the text
     * @throws IllegalArgumentException if an id is negative
     */
    String decode(int... ids);

    /**
     * The ids of a model that stand for no token: those that the vocabulary leaves out, and those beyond it that pad
     * the model. Nothing is known of them, so that a sampler must not choose one.
     *
     * @param modelVocabulary tokens that the model can choose from
     * @return ids in {@code [0, modelVocabulary)}; cannot be changed
     * @throws IllegalArgumentException if it is negative
     */
    default Set<Integer> unassigned(int modelVocabulary) {
        if (modelVocabulary < 0) {
            throw new IllegalArgumentException(
                    "vocabulary of the model: found " + modelVocabulary + ", expected at least 0");
        }
        int known = Math.min(vocabulary(), modelVocabulary);
        int[] holes = IntStream.range(0, known).filter(id -> token(id).isEmpty()).toArray();
        return new UnassignedIds(holes, known, modelVocabulary);
    }

    /**
     * The number of ids, {@code V}: all ids are below it.
     *
     * @return at least 1
     */
    int vocabulary();

    /**
     * The token that ends a document (EOS).
     *
     * @return its id, if the tokenizer has one
     */
    OptionalInt endOfText();

    /**
     * The token that begins a text (BOS).
     *
     * @return its id, if the tokenizer has one
     */
    OptionalInt beginOfText();

    /**
     * Whether Hugging Face's library puts {@link #beginOfText} before every text if it is not told otherwise, as models
     * of the Llama family were trained with. {@link #encode} never does.
     *
     * @return true only if there is such a token
     */
    boolean beginsTexts();

    /**
     * Whether Hugging Face's library puts {@link #endOfText} after every text, as models of the BERT family were
     * trained with. {@link #encode} never does.
     *
     * @return true only if there is such a token
     */
    default boolean endsTexts() {
        return false;
    }

    /**
     * The token that stands for what the vocabulary cannot say.
     *
     * @return its id, if the tokenizer has one
     */
    OptionalInt unknown();

    /**
     * The token of this vocabulary that stands for one to be found, such as {@code [MASK]}.
     *
     * @return its id, if the tokenizer has one; a model's mask token may be another one
     */
    OptionalInt mask();

    /**
     * The control tokens, which are no part of a text proper: those that begin and end it, that stand for the unknown
     * or for a mask, and all others that the {@code tokenizer.json} marks as special.
     *
     * @return their ids
     */
    Set<Integer> special();

    /**
     * Looks a token up by its name in the {@code tokenizer.json}. Byte-level tokenizers write bytes as printable
     * characters there: {@code Ġthe} is " the".
     *
     * @param token the name
     * @return its id, if there is such a token
     */
    OptionalInt id(String token);

    /**
     * The name of a token, as in the {@code tokenizer.json}.
     *
     * @param id an id in {@code [0, V)}
     * @return its name; empty where the vocabulary leaves an id out
     * @throws InputException if the id is not of the vocabulary
     */
    String token(int id);

    /**
     * Tells tokenizers apart: tokens packed with one must not be read with another.
     *
     * @return the first eight bytes of the SHA-256 of the {@code tokenizer.json} that {@link #save} writes
     */
    long fingerprint();

    /**
     * Writes a {@code tokenizer.json} that {@link #load} and Hugging Face's library read. The file is written
     * atomically.
     *
     * @param path the file, or an existing folder to put it in
     * @throws IOException if it cannot be written
     */
    void save(Path path) throws IOException;
}
