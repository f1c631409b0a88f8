using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using StackExchange.Redis;

namespace Baseline;

/// <summary>The bodies of the contract.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(PollAnswer))]
[JsonSerializable(typeof(History))]
[JsonSerializable(typeof(NewMessage))]
[JsonSerializable(typeof(long))]
internal sealed partial class Bodies : JsonSerializerContext;

internal sealed record NewMessage(string Text);

internal sealed record PollAnswer(Message[] Messages, string Cursor, string Status, string? Operator, string? Queue, bool Typing, string? ReadUpTo, int NextPollMs)
{
    public static PollAnswer Nothing(string cursor) => new([], cursor, "open", null, null, false, null, 6000);
}

internal sealed record History(string SessionId, string Status, Message[] Messages, string Cursor, bool HasMore, string? ReadUpTo);

internal sealed record Message(
    string Id, string Sender, string? SenderName, string Text, [property: JsonConverter(typeof(Rfc3339))] DateTimeOffset SentAt, string? ClientMessageId, string? Event)
{
    public static Message From(StreamEntry entry) =>
        new(entry.Id!, entry.Values[0].Value!, null, entry.Values[2].Value!, TimeOf(entry.Id!), null, null);

    public static DateTimeOffset TimeOf(string id) =>
        DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(id.AsSpan(0, id.IndexOf('-')), CultureInfo.InvariantCulture));
}

/// <summary>As the service writes times.</summary>
internal sealed class Rfc3339 : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[24];
        value.UtcDateTime.TryFormat(text, out var length, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }
}
