using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Intotes.Chat.Hosting;

/// <summary>How the contract writes JSON, in one place for requests, results and streams.</summary>
public static class Json
{
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.NumberHandling = JsonNumberHandling.Strict;
        // Of two values of one name a proxy might check the one and this service take the other.
        options.AllowDuplicateProperties = false;
        options.Encoder = ChatEncoder.Instance;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        options.Converters.Add(new Rfc3339Converter());
    }

    /// <summary>RFC 3339 in UTC with milliseconds: <c>2026-11-22T14:03:09.412Z</c>.</summary>
    private sealed class Rfc3339Converter : JsonConverter<DateTimeOffset>
    {
        private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
        {
            Span<byte> text = stackalloc byte[24];
            value.UtcDateTime.TryFormat(text, out var length, Format, CultureInfo.InvariantCulture);
            writer.WriteStringValue(text[..length]);
        }
    }
}
