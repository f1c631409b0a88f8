using System.Buffers;
using System.Text.Json;

namespace Intotes.Chat.Hosting;

/// <summary>Small answers in JSON, written as a whole: with their length, where answers that are written as they are made come in chunks.</summary>
public static class JsonBody
{
    /// <summary>The largest buffer that a thread keeps for its next answer. Larger answers are rare, and their buffers would stay with each thread.</summary>
    private const int MostKept = 64 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? room;

    public static void Write<T>(HttpResponse response, T value, JsonSerializerOptions options)
    {
        var body = room ?? new ArrayBufferWriter<byte>(1024);
        body.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = options.Encoder, SkipValidation = true }))
        {
            JsonSerializer.Serialize(writer, value, options);
        }

        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = body.WrittenCount;
        response.BodyWriter.Write(body.WrittenSpan);
        room = body.Capacity <= MostKept ? body : null;
    }
}
