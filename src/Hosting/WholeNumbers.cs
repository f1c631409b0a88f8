using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FastEndpoints;
using Microsoft.Extensions.Primitives;

namespace Intotes.Chat.Hosting;

/// <summary>Whole numbers in requests. JSON has one kind of number (RFC 8259, section 6), so <c>5</c>, <c>5.0</c> and <c>5e0</c> are the same.</summary>
public sealed class WholeNumbers : JsonConverter<int>
{
    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType != JsonTokenType.Number ? throw new JsonException()
        : reader.TryGetInt32(out var plain) ? plain
        : reader.TryGetDecimal(out var number) && Whole(number) is { } whole ? whole
        : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(value);

    /// <summary>The same for query parameters.</summary>
    public static ParseResult Parse(StringValues text) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var plain) ? new ParseResult(true, plain)
        : decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) && Whole(number) is { } whole
            ? new ParseResult(true, whole)
        : new ParseResult(false, null);

    private static int? Whole(decimal number) => number is >= int.MinValue and <= int.MaxValue && decimal.Truncate(number) == number ? (int)number : null;
}
