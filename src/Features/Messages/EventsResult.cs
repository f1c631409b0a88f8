using System.Buffers;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// Writes answers as server-sent events (WHATWG HTML, section 9.2), as they come. A client that reads slowly holds up its own stream and nothing else:
/// nothing is kept for it, and Kestrel ends one that hardly reads at all.
/// </summary>
public sealed class EventsResult(IAsyncEnumerable<PollAnswer?> answers) : IResult, IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(PollAnswer), ["text/event-stream"]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var json = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        httpContext.Response.ContentType = "text/event-stream";
        // nginx would keep back what it has to pass on.
        httpContext.Response.Headers["X-Accel-Buffering"] = "no";
        var output = httpContext.Response.BodyWriter;
        try
        {
            await foreach (var answer in answers.WithCancellation(httpContext.RequestAborted))
            {
                if (answer is null)
                {
                    output.Write(":\n\n"u8);
                }
                else
                {
                    Encoding.ASCII.GetBytes($"id: {answer.Cursor}\ndata: ", output);
                    using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = json.Encoder }))
                    {
                        JsonSerializer.Serialize(writer, answer, json);
                    }

                    output.Write("\n\n"u8);
                }

                await output.FlushAsync(httpContext.RequestAborted);
            }
        }
        catch (OperationCanceledException) when (httpContext.RequestAborted.IsCancellationRequested)
        {
            // The client has gone.
        }
    }
}
