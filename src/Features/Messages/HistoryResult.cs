using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Messages;

/// <summary>Writes a conversation as it is read. Where Redis fails in the middle the connection is broken off, so that no half can pass for the whole.</summary>
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

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var json = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        await using var writer = new Utf8JsonWriter(httpContext.Response.BodyWriter, new JsonWriterOptions { Encoder = json.Encoder });
        writer.WriteStartObject();
        writer.WriteString("sessionId", history.SessionId);
        Write("status", history.Status);
        writer.WriteStartArray("messages");
        await using var stretches = history.Stretches.GetAsyncEnumerator(httpContext.RequestAborted);
        while (true)
        {
            var next = stretches.MoveNextAsync();
            if (!next.IsCompletedSuccessfully)
            {
                // What is there goes out while Redis is asked for more; or where that failed at once, so that no other answer can be put behind it.
                await writer.FlushAsync(httpContext.RequestAborted);
                await httpContext.Response.BodyWriter.FlushAsync(httpContext.RequestAborted);
            }

            if (!await next)
            {
                break;
            }

            foreach (var message in stretches.Current)
            {
                JsonSerializer.Serialize(writer, message, json);
            }
        }

        writer.WriteEndArray();
        writer.WriteString("cursor", history.Cursor);
        writer.WriteBoolean("hasMore", history.HasMore);
        writer.WriteString("readUpTo", history.ReadUpTo);
        writer.WriteEndObject();

        void Write<T>(string name, T value)
        {
            writer.WritePropertyName(name);
            JsonSerializer.Serialize(writer, value, json);
        }
    }
}
