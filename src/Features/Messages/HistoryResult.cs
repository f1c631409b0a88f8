using System.Buffers;
using System.Reflection;
using System.Text.Json;
using Intotes.Chat.Storage;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Messages;

/// <summary>Writes a conversation as it is read.</summary>
public sealed class HistoryResult(History history) : IResult, IEndpointMetadataProvider
{
    /// <summary>A conversation, or a stretch of it: the shape of what is written here.</summary>
    /// <param name="Messages">Oldest first.</param>
    /// <param name="Cursor">The id of the last entry covered here: where to poll on from; <c>0-0</c> when there is none.</param>
    /// <param name="HasMore">Whether older messages were left out.</param>
    /// <param name="ReadUpTo">The last message that the other side has read.</param>
    public sealed record Shape(string SessionId, Sessions.SessionStatus Status, IReadOnlyList<Message> Messages, string Cursor, bool HasMore, string? ReadUpTo);

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(Shape), ["application/json"]));

    public Task ExecuteAsync(HttpContext httpContext) => WriteWholeAsync(httpContext, WriteAsync);

    /// <summary>
    /// Aborts the connection where the rest of a conversation cannot be read, so that a truncated transcript is never taken for a complete one. An answer that
    /// has begun cannot become a problem.
    /// </summary>
    public static async Task WriteWholeAsync(HttpContext http, Func<HttpContext, Task> write)
    {
        try
        {
            await write(http);
        }
        catch (Exception e) when (e is HistoryLostException or StorageUnavailableException)
        {
            http.Abort();
        }
    }

    private async Task WriteAsync(HttpContext httpContext)
    {
        var output = httpContext.Response.BodyWriter;
        var json = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        output.Write("{"u8);
        Field("sessionId", history.SessionId);
        output.Write(","u8);
        Field("status", history.Status);
        output.Write(",\"messages\":["u8);
        var isFirst = true;
        await HistoryWriter.WriteAsync(
            history,
            output,
            message =>
            {
                output.Write(isFirst ? default : ","u8);
                isFirst = false;
                Value(message);
            },
            httpContext.RequestAborted);
        output.Write("],"u8);
        Field("cursor", history.Cursor);
        output.Write(","u8);
        Field("hasMore", history.HasMore);
        output.Write(","u8);
        Field("readUpTo", history.ReadUpTo);
        output.Write("}"u8);

        void Field<T>(string name, T value)
        {
            Value(name);
            output.Write(":"u8);
            Value(value);
        }

        // Not by a writer on the output itself, which would ask Kestrel for three times the bytes of each text, and Kestrel keep that until it is sent.
        void Value<T>(T value) => output.Write(JsonSerializer.SerializeToUtf8Bytes(value, json));
    }
}
