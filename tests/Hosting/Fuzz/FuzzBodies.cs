using System.Globalization;
using System.Text;
using CsCheck;

namespace Intotes.Chat.Tests.Hosting.Fuzz;

/// <summary>Bodies from nearly right to nonsense.</summary>
internal static class FuzzBodies
{
    /// <summary>Every field that any endpoint knows.</summary>
    private static readonly string[] Fields =
    [
        "text", "clientMessageId", "sessionId", "name", "email", "locale", "pageUrl", "department", "reason", "typing", "upTo", "score", "comment", "status",
        "capacity", "departments", "operatorId", "note", "minutes", "shortcut", "userId",
    ];

    private static readonly string[] Odd =
    [
        "\"\"", "\" \"", "null", "true", "false", "0", "1", "5", "-1", "3.5", "1e400", "-0", "99999999999999999999999", "2147483648", "1e-400", "[]", "{}", "[null]",
        "\"\\ud800\"", "\"\\udfff x\"", "\"\\u0000\"", "\"\\u202e\\u0085\"", "\"\\ud83d\\ude00\"", "\"\u00e9\u0301\"", "\"a\\nb\"", "\"a\\r\\nb\"", "\"online\"", "\"away\"", "\"Support\"",
        "\"support\"", "\"billing\"", "[\"support\",null]", "[\"billing\",\"billing\"]", "\"0-0\"", "\"18446744073709551615-18446744073709551615\"", "\"m-1\"", "\"a@b.c\"", "NaN",
        "Infinity", "'x'", "undefined", "01", "\"\\x\"", "\"", "/*x*/1", "\"a\" \"b\"", "\"{{visitor.name}}\"", "\"$where\"", "{\"$ref\":\"#\"}", "{\"__proto__\":1}",
    ];

    private static readonly Gen<string> Scalar = Gen.Frequency(
        (12, Gen.OneOf(Odd)),
        (2, Gen.Double.Select(static d => d.ToString("R", CultureInfo.InvariantCulture))),
        (1, Gen.Long.Select(static n => $"{n}")),
        (4, Gen.String.Select(Quote)),
        (1, Gen.Select(Gen.OneOf("x", "\ud83d\ude00", "\\u0041", "\\ud83d\\ude00", "\u4e2d"), Gen.Int[1, 5000], static (text, times) => $"\"{string.Concat(Enumerable.Repeat(text, times))}\"")));

    private static readonly Gen<string> Value = Gen.Recursive<string>(static (depth, value) => depth > 3
        ? Scalar
        : Gen.Frequency(
            (8, Scalar),
            (1, value.Array[0, 4].Select(static items => $"[{string.Join(',', items)}]")),
            (1, Gen.Select(Gen.OneOf(Fields), value).Array[0, 4].Select(static fields => Object(fields)))));

    /// <summary>An object of known fields, some twice, most with a value of some other type.</summary>
    private static readonly Gen<string> Fielded = Gen.Select(Gen.OneOf(Fields), Value).Array[0, 5].Select(static fields => Object(fields));

    /// <summary>What each endpoint takes.</summary>
    private static readonly Gen<string> Valid = Gen.OneOf(
        """{"text":"Hello, is my order through?"}""", """{"text":"Hello","clientMessageId":"m-1"}""", """{"text":"Other","clientMessageId":"m-1"}""", """{"typing":true}""",
        """{"upTo":"18446744073709551615-0"}""", """{"score":5,"comment":"Thank you"}""", """{"name":"Ann","email":"ann@example.com","locale":"de-AT","pageUrl":"https://example.com/"}""",
        """{"reason":"Order","department":"billing"}""", """{"status":"online","capacity":50,"departments":["support"]}""", """{"department":"billing","note":"Please"}""",
        """{"minutes":0}""", """{"shortcut":"hi","text":"Hello {{visitor.name}}"}""", """{"userId":"nobody"}""", """{"operatorId":"fuzz-operator-1"}""", "{}");

    private static readonly Gen<byte[]> Nested = Gen.Select(Gen.OneOf("[", "{\"text\":", "{\"a\":[", "[[{}],"), Gen.Int[1, 9000], static (open, depth) =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(open, depth))));

    public static readonly Gen<byte[]> Any = Gen.Frequency(
        (6, Valid.Select(static text => Encoding.UTF8.GetBytes(text))),
        (6, Fielded.Select(static text => Encoding.UTF8.GetBytes(text))),
        (2, Value.Select(static text => Encoding.UTF8.GetBytes(text))),
        (2, Gen.Select(Gen.OneOf(Fielded, Valid), Gen.Int[0, 1000], static (text, cut) => Encoding.UTF8.GetBytes(text[..(text.Length * cut / 1000)]))),
        (1, Fielded.Select(static text => (byte[])[0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)])),
        (1, Fielded.Select(static text => Encoding.Unicode.GetBytes(text))),
        (1, Gen.Select(Gen.OneOf(0x80, 0xC0, 0xF8, 0xFE, 0xED), Gen.Byte, static (lead, next) => (byte[])[.. "{\"text\":\""u8, (byte)lead, next, 0xA0, .. "\"}"u8])),
        (1, Gen.Byte.Array[0, 300]),
        (1, Nested),
        (1, Gen.Const(static () => Encoding.UTF8.GetBytes($$"""{"text":"{{new string('x', 65_400)}}"}"""))));

    private static string Object((string Name, string Value)[] fields) => $"{{{string.Join(',', fields.Select(field => $"\"{field.Name}\":{field.Value}"))}}}";

    private static string Quote(string text) =>
        $"\"{string.Concat(text.Select(c => c is '"' or '\\' or < ' ' || char.IsSurrogate(c) ? $"\\u{(int)c:x4}" : $"{c}"))}\"";
}
