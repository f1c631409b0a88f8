using System.Globalization;
using System.Text;
using CsCheck;

namespace Intotes.Chat.Tests.Hosting.Fuzz;

/// <summary>An endpoint of the running application.</summary>
/// <param name="Route">Its template, such as <c>/api/v1/operator/sessions/{sessionId}</c>.</param>
public sealed record FuzzEndpoint(string Method, string Route);

/// <summary>Requests to all endpoints, each in some way unlike what an honest client would send.</summary>
internal static class FuzzRequests
{
    private static readonly Gen<string> RouteValue = Gen.Frequency(
        (6, Gen.Const("SESSION")), // filled in when it is sent
        (2, Gen.OneOf(
            "AAAAAAAAAAAAAAAAAAAAAA", "hi", "%2F", "..%2F..", "%00", "%zz", "%", "a%20b", "%C3%28", "%F0%9F%98%80", "%ud800", "{sessionId}", "-", "_", "%7Bs%7D", "*", "chat:%7Bs:x%7D", "%0d%0aX:1", "a;b=c", "\u00ff")),
        (1, Gen.Int[1, 3000].Select(static length => new string('a', length))),
        (1, Gen.String.Select(static text => string.Concat(Encoding.UTF8.GetBytes(text).Select(b => $"%{b:X2}")))));

    private static readonly Gen<string> QueryValue = Gen.Frequency(
        (5, Gen.OneOf(
            "", "0-0", "1-0", "0", "1", "200", "500", "501", "-1", "+1", "%2B1", "1.0", "1e2", "99999999999", "true", "false", "TRUE", "yes", "null", "mine", "waiting", "active", "closed", "18446744073709551615-18446744073709551615",
            "18446744073709551615-18446744073709551614", "18446744073709551616-0", "00-0", "0-00", "-", "--", "%00", "%", "%zz", "%C0%80", "%ED%A0%80", "%F0%9F%98%80", "\u00ff", "[]", "a&b", "a=b=c", ";", "%26")),
        (1, Gen.String.Select(static text => Uri.EscapeDataString(text.Replace('\ud800', 'x').Normalize(NormalizationForm.FormC)))),
        (1, Gen.Int[1, 3000].Select(static length => new string('9', length))));

    /// <summary>Waiting is not a fault, so it is seldom asked for, and only for a second.</summary>
    private static readonly Gen<string> Query = Gen.Frequency(
        (6, Gen.Const("")),
        (8, Gen.Select(Gen.OneOf("after", "limit", "before", "event", "sessionId", "state", "shortcut", "text", "After", "unknown", "", "after[]"), QueryValue, static (name, value) => $"{name}={value}")
            .Array[1, 4].Select(static pairs => "?" + string.Join('&', pairs))),
        (1, QueryValue.Where(static value => !int.TryParse(Uri.UnescapeDataString(value), CultureInfo.InvariantCulture, out var seconds) || seconds is < 1 or > 25).Select(static value => $"?wait={value}")),
        (1, Gen.Frequency((1, Gen.Const("?after=0-0&wait=1")), (9, Gen.OneOf("?", "??", "?&&", "?=", "?a", "?after", "?after=0-0&after=1-0", "?%")))));

    private static readonly Gen<string> ContentType = Gen.Frequency(
        (12, Gen.Const("Content-Type: application/json\r\n")),
        (4, Gen.OneOf(
            "", "application/json; charset=utf-8", "application/json; charset=\"UTF-8\"", "application/json; charset=utf-16", "application/json; charset=nonsense", "application/json;;;", "application/json; =",
            "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/problem+json", "application/*", "*/*", "json", "/", ",", "\u00ff/\u00ff",
            "application/json, text/plain", "application/xml").Select(static type => $"Content-Type: {type}\r\n")),
        (1, Gen.Const("")));

    private static readonly Gen<string> Header = Gen.Frequency(
        (10, Gen.OneOf(
            "Accept: application/json", "Accept: text/plain;q=0", "Accept: */*;q=nonsense", "Accept: ,,;", "Accept: a/b/c", "Accept-Language: x", "Accept-Encoding: gzip, br;q=9", "Accept-Charset: utf-16",
            "Range: bytes=0-1", "Range: bytes=5-1,-", "If-None-Match: *", "If-Modified-Since: yesterday", "If-Match: \"x\"", "Expect: 100-continue", "Expect: nonsense", "Content-Encoding: gzip", "Content-MD5: x",
            "Origin: null", "Origin: https://evil.example", "Origin: http://chat", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: none", "Access-Control-Request-Method: POST", "X-Forwarded-For: 1.2.3.4, garbage",
            "X-Forwarded-Proto: https", "Forwarded: for=\"[::1\"", "X-HTTP-Method-Override: DELETE", "X-Original-URL: /admin", "traceparent: 00-nonsense", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "tracestate: ,=,", "baggage: a=b,,%zz", "Cookie: a=b; chat_session", "Cookie: chat_session=x; chat_session=y", "Cookie: ;;=", "Cookie: chat_session=\"", "X-Chat-Session: ", "X-Chat-Session: a, b",
            "X-Api-Key: x", "Last-Event-ID: 0-0", "Referer: \u00ff", "User-Agent: ", "Upgrade: h2c", "Upgrade: websocket", "Host: other", "Via: 1.1 x", "TE: trailers", "Pragma: x", "Authorization: Basic eDp5",
            "Authorization: Bearer", "Authorization: Bearer a.b.c", "Authorization: , Bearer x", "Content-Language: \u00e9", "X-Empty:", "X-Space:  \t ").Select(static line => line + "\r\n")),
        (1, Gen.Select(Gen.OneOf("X-Long", "Accept", "Cookie", "X-Chat-Session", "Authorization", "X-Forwarded-For", "traceparent"), Gen.Int[1, 6000], static (name, length) => $"{name}: {new string('a', length)}\r\n")),
        (1, Gen.Int[1, 110].Select(static count => string.Concat(Enumerable.Range(0, count).Select(n => $"X-{n}: {n}\r\n")))),
        (1, Gen.Char[' ', '\u00ff'].Array[0, 40].Select(static value => $"X-Odd: {new string(value)}\r\n".Replace('\u007f', ' '))));

    private static readonly Gen<Cut> Mutation = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 1000], Gen.Int[1, 12], Gen.Frequency((1, Gen.Byte), (1, Gen.OneOf("\r\n\0 :%/\\\"{}?\t\u0080\u00ff".ToCharArray()).Select(static c => (byte)c))),
        static (kind, at, length, value) => new Cut(kind, at, length, value));

    /// <summary>One in eight is malformed as HTTP, or may be.</summary>
    public static Gen<FuzzRequest> To(IReadOnlyList<FuzzEndpoint> endpoints)
    {
        var wellFormed = Gen.Select(
            Gen.Int[0, endpoints.Count - 1],
            Gen.Frequency((14, Gen.Const("")), (2, Gen.OneOf("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "PROPFIND", "X"))),
            Gen.Select(RouteValue, Query, Gen.Frequency((15, Gen.Const("")), (1, Gen.OneOf("/", "/x", "//", "/.", "/..", "%2f", "/../../etc/passwd", ";x", "#x", ".json")))),
            Gen.Select(ContentType, Header.Array[0, 3], static (type, headers) => type + string.Concat(headers)),
            Gen.Frequency((4, FuzzBodies.Any.Select(static body => (byte[]?)body)), (1, Gen.Const((byte[]?)null))),
            Gen.Frequency((9, Gen.Const(Framing.Length)), (2, Gen.Const(Framing.Chunked))),
            Gen.Frequency((1, Gen.Const(FuzzCaller.Nobody)), (4, Gen.Const(FuzzCaller.Visitor)), (1, Gen.Const(FuzzCaller.Cookie)), (2, Gen.Const(FuzzCaller.Account)), (1, Gen.Const(FuzzCaller.AccountAndVisitor)), (4, Gen.Const(FuzzCaller.Operator)), (2, Gen.Const(FuzzCaller.Supervisor)), (1, Gen.Const(FuzzCaller.Garbled))),
            (index, method, target, headers, body, framing, caller) =>
            {
                var endpoint = endpoints[index];
                method = method.Length > 0 ? method : endpoint.Method;
                return new FuzzRequest(
                    method, Fill(endpoint.Route, target.Item1) + target.Item3 + ShortOf(endpoint.Route, target.Item2), headers, method == "GET" && index % 2 == 0 ? null : body, framing, caller, []);
            });
        return Gen.Frequency(
            (14, wellFormed),
            (1, Gen.Select(wellFormed, Mutation.Array[1, 4], static (request, cuts) => request with { Cuts = cuts })),
            (1, Gen.Select(wellFormed, Gen.OneOf(Framing.LengthTooLong, Framing.LengthTooShort, Framing.BadChunks), static (request, framing) => request with { Framing = framing })));
    }

    /// <summary>A stream of events would go on for ten minutes.</summary>
    private static string ShortOf(string route, string query) => !route.EndsWith("/events", StringComparison.Ordinal) ? query : query + (query.Length == 0 ? "?wait=1" : "&wait=1");

    private static string Fill(string route, string value)
    {
        var open = route.IndexOf('{', StringComparison.Ordinal);
        return open < 0 ? route : route[..open] + value + route[(route.IndexOf('}', StringComparison.Ordinal) + 1)..];
    }
}
