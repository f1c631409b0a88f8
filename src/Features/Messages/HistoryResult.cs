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

    /// <summary>How far what is written may be ahead of what the client has taken; Kestrel waits where it is more.</summary>
    public const int MostUnsentBytes = 64 * 1024;

    public Task ExecuteAsync(HttpContext httpContext) => WriteWholeAsync(httpContext, WriteAsync);

    /// <summary>
    /// Breaks the connection off where the rest of a conversation cannot be read: an answer that has begun cannot become a problem, and no half may pass for
    /// the whole, which plain text would whose end is no more than the end of the connection.
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
        await using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = json.Encoder });
        writer.WriteStartObject();
        writer.WriteString("sessionId", history.SessionId);
        Write("status", history.Status);
        writer.WriteStartArray("messages");
        await using var stretches = history.Stretches.GetAsyncEnumerator(httpContext.RequestAborted);
        while (true)
        {
            var next = stretches.MoveNextAsync().AsTask();
            if (!next.IsCompleted)
            {
                // What is there goes out while Redis is asked for more. Both end before anything else is done, however they do.
                await Task.WhenAll(next, FlushAsync());
            }

            if (!await next)
            {
                break;
            }

            foreach (var message in stretches.Current)
            {
                JsonSerializer.Serialize(writer, message, json);
                if (output.UnflushedBytes >= MostUnsentBytes)
                {
                    await FlushAsync();
                }
            }
        }

        writer.WriteEndArray();
        writer.WriteString("cursor", history.Cursor);
        writer.WriteBoolean("hasMore", history.HasMore);
        writer.WriteString("readUpTo", history.ReadUpTo);
        writer.WriteEndObject();

        async Task FlushAsync()
        {
            await writer.FlushAsync(httpContext.RequestAborted);
            await output.FlushAsync(httpContext.RequestAborted);
        }

        void Write<T>(string name, T value)
        {
            writer.WritePropertyName(name);
            JsonSerializer.Serialize(writer, value, json);
        }
    }
}
