package dev.unmask.serve.http;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** The bytes of a request's JSON, packed by gzip or not, of a limited length either way. */
final class RequestBody {
    private static final Set<String> JSON_CHARSETS = Set.of("utf-8", "utf8", "us-ascii");
    private static final Set<String> GZIP = Set.of("gzip", "x-gzip");

    private final Request request;
    private final int mostBytes;

    RequestBody(Request request, int mostBytes) {
        this.request = request;
        this.mostBytes = mostBytes;
    }

    byte[] read() {
        requireJson();
        boolean packed = isPacked();
        byte[] sent = sent();
        return packed ? unpacked(sent) : sent;
    }

    private void requireJson() {
        String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
        String[] parts = type == null ? new String[] {""} : type.split(";", -1);
        // A page of another site can send other types without being asked first.
        if (!parts[0].strip().equalsIgnoreCase("application/json")) {
            throw ApiException.refused(
                    415,
                    "unsupported_media_type",
                    "Content-Type: found " + (type == null ? "none" : type) + ", expected application/json");
        }
        for (String part : parts) {
            String[] parameter = part.strip().toLowerCase(Locale.ROOT).split("=", 2);
            if (parameter[0].strip().equals("charset")
                    && (parameter.length < 2
                            || !JSON_CHARSETS.contains(parameter[1].strip().replaceAll("^\"(.*)\"$", "$1")))) {
                throw ApiException.refused(
                        415,
                        "unsupported_media_type",
                        "Content-Type: found " + type + ", expected JSON in UTF-8");
            }
        }
    }

    private boolean isPacked() {
        List<String> codings = new ArrayList<>();
        for (String header : request.getHeaders().getValuesList(HttpHeader.CONTENT_ENCODING)) {
            for (String coding : header.split(",")) {
                codings.add(coding.strip().toLowerCase(Locale.ROOT));
            }
        }
        codings.removeIf(coding -> coding.isEmpty() || coding.equals("identity"));
        if (codings.size() > 1 || !codings.isEmpty() && !GZIP.contains(codings.getFirst())) {
            throw ApiException.refused(
                    415,
                    "unsupported_content_encoding",
                    "Content-Encoding: found " + String.join(", ", codings) + ", expected none or gzip",
                    "Accept-Encoding",
                    "gzip");
        }
        return !codings.isEmpty();
    }

    private byte[] sent() {
        if (request.getLength() > mostBytes) {
            throw tooLarge("");
        }
        byte[] bytes;
        try (InputStream in = Content.Source.asInputStream(request)) {
            bytes = in.readNBytes(mostBytes + 1);
        } catch (IOException e) {
            // It is the client that has closed the connection or sent parts of no size.
            throw broken("its end has not come, or a part of it has no right size");
        }
        if (bytes.length > mostBytes) {
            throw tooLarge("");
        }
        return bytes;
    }

    /** However much a few bytes would become, no more than the limit is unpacked. */
    private byte[] unpacked(byte[] sent) {
        byte[] bytes;
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(sent))) {
            bytes = in.readNBytes(mostBytes + 1);
        } catch (ZipException | EOFException e) {
            throw broken("Content-Encoding says gzip, and it is none, or damaged");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        if (bytes.length > mostBytes) {
            throw tooLarge(" unpacked");
        }
        return bytes;
    }

    private static ApiException broken(String why) {
        return ApiException.refused(400, "broken_body", "body: " + why + "; send all of it again");
    }

    private ApiException tooLarge(String how) {
        return ApiException.refused(
                413, "request_too_large", "body: found more than " + mostBytes + " bytes" + how + ", expected at most that");
    }
}
