using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DemoPlatform;

/// <summary>RFC 3339 in UTC, always with three decimals: 2026-11-22T14:03:09.412Z.</summary>
public sealed class UtcMilliseconds : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
}
