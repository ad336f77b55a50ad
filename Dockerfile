# Serves a model. To build and run, with a model's folder at hand and a key of your own:
#   docker build -t unmask .
#   docker run --rm -p 8080:8080 -e UNMASK_API_KEY="$(openssl rand -hex 16)" -v "$PWD/runs/mine:/model:ro" unmask
# Any other command: docker run --rm -v "$PWD/runs/mine:/model:ro" unmask fill --model /model 'the ____ sleeps'
#
# No container engine was at hand where this was written: the image was not built. What was tried is the build's command
# and the java command at the end, on the files that are copied here.
FROM eclipse-temurin:25-jdk AS build
WORKDIR /unmask
COPY . .
# By this name the build finds a JDK wherever it is.
RUN JAVA25_HOME=$JAVA_HOME ./mvnw -q -B -ntp -pl train/cli -am -Dmaven.test.skip=true package \
    && mkdir -p /opt/unmask && cp -r train/cli/target/lib /opt/unmask/lib \
    && cp train/cli/target/unmask-cli-*.jar /opt/unmask/lib/

# The JDK, not the smaller image: the Vector API is a module that a run-time image may lack.
FROM eclipse-temurin:25-jdk
COPY --from=build /opt/unmask /opt/unmask
RUN useradd --create-home unmask
USER unmask
WORKDIR /home/unmask
EXPOSE 8080
# Of the container's memory, for the heap, and as much again at the most for tensors, which lie outside it.
ENV JDK_JAVA_OPTIONS="-XX:MaxRAMPercentage=45"
ENTRYPOINT ["java", "--add-modules=jdk.incubator.vector", "--illegal-native-access=allow", "-Dunmask.program=unmask", \
    "-Dstdin.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-Dstderr.encoding=UTF-8", \
    "--module-path", "/opt/unmask/lib", "--module", "dev.unmask.cli/dev.unmask.train.cli.Main"]
# Everybody who reaches the port may ask who shows the key: serve refuses to listen beyond this machine without one.
CMD ["serve", "--model", "/model", "--host", "0.0.0.0"]
