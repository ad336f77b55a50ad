#!/usr/bin/env bash
# Packs what tests/gpu-check.sh needs where there is a GPU and its driver, but no JDK, no Maven and no network: a Java
# runtime, the TornadoVM SDK, the classes of Unmask and of its tests.
#   tests/gpu-bundle.sh [FILE]     default: target/gpu-bundle.tar.xz; below 45 MiB
# There: tar -xJf gpu-bundle.tar.xz && gpu-bundle/tests/gpu-check.sh
# The SDK must hold the driver of that machine (OpenCL, CUDA, PTX); PyTorch's script and Python are its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

file=${1:-target/gpu-bundle.tar.xz}
sdk=${TORNADOVM_HOME:-$HOME/.sdkman/candidates/tornadovm/current}
if [ ! -r "$sdk/tornado-argfile" ]; then
    printf 'gpu-bundle: no TornadoVM SDK in %s: sdk install tornadovm 5.2.0-jdk25-opencl, or set TORNADOVM_HOME\n' "$sdk" >&2
    exit 2
fi
sdk=$(cd "$sdk" && pwd -P)

mvn -q -B -ntp -pl tests,tornado-backend -am -DskipTests "-Dtornado.version=$(sed -n 's/^version=//p' "$sdk/etc/tornado.release")" package
# The launcher knows where the JDK is.
jdk=$(./unmask --show-command backends | tr ' ' '\n' | sed -n '/\/bin\/java$/ { s:/java$::p; q; }')

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bundle=$work/gpu-bundle
mkdir -p "$bundle/lib" "$bundle/tests/src/test/resources"

# TornadoVM's PTX driver needs java.desktop.
desktop=''
if ls "$sdk"/share/java/tornado/*-drivers-ptx-* >/dev/null 2>&1; then
    desktop=,java.desktop
fi
"$jdk/jlink" --output "$bundle/runtime" --strip-debug --no-header-files --no-man-pages \
    --add-modules "java.base$desktop,java.compiler,java.instrument,java.logging,java.management,java.sql,java.xml" \
    --add-modules jdk.incubator.vector,jdk.internal.vm.ci,jdk.management,jdk.unsupported,jdk.zipfs

mkdir "$bundle/sdk"
cp -r "$sdk/lib" "$sdk/etc" "$bundle/sdk/"
mkdir -p "$bundle/sdk/share"
cp -r "$sdk/share/java" "$bundle/sdk/share/"
# Of the SDK's own programs, tests and bindings of libraries nothing is used.
unused='benchmarks|cublas|cudnn|cufft|cusparse|cutlass|examples|fuzz|matrices|unittests'
find "$bundle/sdk/share/java/tornado" -name '*.jar' | grep -E "/(tornado-($unused)|ejml|hamcrest|jmh|jopt|jsr305|junit|log4j|lucene|.*-libs\.jar)" | xargs -r rm
sed -E -e "s#$sdk#@SDK@#g" -e "s/,tornado\.($unused)//g" "$sdk/tornado-argfile" >"$bundle/sdk/tornado-argfile.in"

cp train/cli/target/unmask-cli-*.jar tornado-backend/target/unmask-tornado-backend-*.jar "$bundle/lib/"
cp train/cli/target/lib/{unmask-,jackson-,picocli-,slf4j-}*.jar "$bundle/lib/"
for module in tests tornado-backend; do
    rm -rf "$work/classes"
    cp -r "$module/target/test-classes" "$work/classes"
    rm -rf "$work/classes/golden"
    "$jdk/jar" --create --file "$bundle/lib/$module-tests.jar" -C "$work/classes" .
done
# JUnit 5.x runs on its platform 1.x.
junit=1.$(sed -n 's:.*<junit.version>5\.\(.*\)</junit.version>.*:\1:p' pom.xml)
mvn -q -B -ntp -N dependency:copy -Dartifact="org.junit.platform:junit-platform-console-standalone:$junit" \
    -DoutputDirectory="$bundle/lib"

# Stored jars become smaller in the archive than deflated ones.
store() {
    local unpacked=$work/jar
    rm -rf "$unpacked"
    mkdir "$unpacked"
    (cd "$unpacked" && "$jdk/jar" --extract --file "$1")
    if [ -e "$unpacked/META-INF/MANIFEST.MF" ]; then
        "$jdk/jar" --create --no-compress --file "$1" --manifest "$unpacked/META-INF/MANIFEST.MF" -C "$unpacked" .
    else
        "$jdk/jar" --create --no-compress --no-manifest --file "$1" -C "$unpacked" .
    fi
}
find "$bundle/lib" "$bundle/sdk" -name '*.jar' | while read -r jar; do
    store "$jar"
done

cp tests/gpu-check.sh "$bundle/tests/"
mkdir "$bundle/tests/src/test/resources/golden"
for golden in ar-tiny mdm-gqa mdm-tiny; do
    cp -r "tests/src/test/resources/golden/$golden" "$bundle/tests/src/test/resources/golden/"
done

# Runs a class with the SDK's options, wherever the bundle lies.
cat >"$bundle/run" <<'RUN'
#!/bin/sh
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
if [ ! -e "$here/sdk/tornado-argfile" ]; then
    sed "s#@SDK@#$here/sdk#g" "$here/sdk/tornado-argfile.in" >"$here/sdk/tornado-argfile.$$"
    mv "$here/sdk/tornado-argfile.$$" "$here/sdk/tornado-argfile"
fi
# shellcheck disable=SC2086 # the options of the user are words
# As in ./unmask, the JVM keeps its handlers of signals where the driver would replace them.
export LD_PRELOAD="$here/runtime/lib/libjsig.so${LD_PRELOAD:+:$LD_PRELOAD}"
exec "$here/runtime/bin/java" "@$here/sdk/tornado-argfile" -Dtornado.recover.bailout=False -Dtornado.vmflush=False \
    --add-modules=jdk.incubator.vector --illegal-native-access=allow ${UNMASK_JAVA_OPTS:-} -cp "$here/lib/*" "$@"
RUN
cat >"$bundle/unmask" <<'UNMASK'
#!/bin/sh
exec "$(dirname "$0")/run" dev.unmask.train.cli.Main "$@"
UNMASK
chmod +x "$bundle/run" "$bundle/unmask"

mkdir -p "$(dirname "$file")"
tar -C "$work" -c gpu-bundle | xz -T2 -6 >"$file"
printf 'gpu-bundle: %s, %s MiB\n' "$file" "$(($(stat -c %s "$file") / 1048576))"
