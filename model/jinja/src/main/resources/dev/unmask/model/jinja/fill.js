// Runs after jinja.cjs, in its scope: mends what differs from Jinja2 in Python, fills a template in, tells the result.

/** Python's strip takes the characters to strip; jinja.cjs passes them over. */
function stripped(text, characters, start, end) {
  const strips = characters instanceof StringValue ? (c) => characters.value.includes(c) : (c) => /\s/.test(c);
  let from = 0;
  let to = text.length;
  while (start && from < to && strips(text[from])) from++;
  while (end && from < to && strips(text[to - 1])) to--;
  return text.slice(from, to);
}

/** Methods of Python's strings that jinja.cjs has otherwise or not at all. */
const methods = {
  strip: (text, args) => new StringValue(stripped(text, args[0], true, true)),
  lstrip: (text, args) => new StringValue(stripped(text, args[0], true, false)),
  rstrip: (text, args) => new StringValue(stripped(text, args[0], false, true)),
  removeprefix: (text, args) =>
    new StringValue(text.startsWith(args[0].value) ? text.slice(args[0].value.length) : text),
  removesuffix: (text, args) =>
    new StringValue(
      args[0].value !== "" && text.endsWith(args[0].value) ? text.slice(0, -args[0].value.length) : text),
  find: (text, args) => new IntegerValue(text.indexOf(args[0].value)),
  join: (text, args) => new StringValue(args[0].value.map((part) => part.value).join(text)),
  splitlines: (text) =>
    new ArrayValue(text.replace(/(\r\n|\r|\n)$/, "").split(/\r\n|\r|\n/).map((line) => new StringValue(line))),
};

const published = Object.getOwnPropertyDescriptor(StringValue.prototype, "builtins").get;
Object.defineProperty(StringValue.prototype, "builtins", {
  get() {
    if (this._builtins === undefined) {
      const known = published.call(this);
      for (const [name, method] of Object.entries(methods)) {
        known.set(name, new FunctionValue((args) => method(this.value, args)));
      }
    }
    return this._builtins;
  },
});

// There is no Intl here, and no time zone.
strftime_now = (format) => host.strftime(format);

const given = JSON.parse(host.given());
let result;
try {
  const template = new Template(given.template);
  result = { text: given.variables === undefined ? "" : template.render(given.variables) };
} catch (failure) {
  result = { refused: String(failure?.message ?? failure) };
}
host.filled(JSON.stringify(result));
