package app;

import dev.unmask.model.LanguageModel;
import dev.unmask.sample.FillIn;

import java.util.function.UnaryOperator;

/** A model as a function: texts with blanks become texts without. */
public final class Blanks implements UnaryOperator<String> {
    private final FillIn fillIn;

    public Blanks(LanguageModel model) {
        fillIn = new FillIn(model);
    }

    /** One text at a time: a model belongs to one thread. */
    @Override
    public synchronized String apply(String text) {
        return fillIn.fill(text).text();
    }
}
