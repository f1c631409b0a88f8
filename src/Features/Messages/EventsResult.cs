using System.Buffers;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// Writes answers as server-sent events (WHATWG HTML, section 9.2), as they come. A client that reads slowly holds up its own stream and nothing else:
/// nothing is kept for it, and Kestrel ends one that hardly reads at all. When the service stops it has two more seconds: a stop would wait for it, and
/// whoever comes again elsewhere misses nothing.
/// </summary>
public sealed class EventsResult(IAsyncEnumerable<PollAnswer?> answers) : IResult, IEndpointMetadataProvider
{
    private static readonly TimeSpan ReadsAtStopWithin = TimeSpan.FromSeconds(2);

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(PollAnswer), ["text/event-stream"]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var json = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        httpContext.Response.ContentType = "text/event-stream";
        // nginx would keep back what it has to pass on.
        httpContext.Response.Headers["X-Accel-Buffering"] = "no";
        var output = httpContext.Response.BodyWriter;
        var life = httpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted);
        using var stop = life.ApplicationStopping.Register(() => end.CancelAfter(ReadsAtStopWithin));
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

                await output.FlushAsync(end.Token);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The client has gone; or it does not read, and Kestrel has cut the connection, as it does where a write is given up.
        }

        if (life.ApplicationStopping.IsCancellationRequested && HttpProtocol.IsHttp11(httpContext.Request.Protocol))
        {
            Close(httpContext.Features);
        }
    }

    /// <summary>The stream has ended, but Kestrel may hold its last bytes for one who does not read. Nothing else may come over this connection.</summary>
    private static void Close(IFeatureCollection connection)
    {
        connection.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        if (connection.Get<IConnectionLifetimeFeature>() is { } transport)
        {
            _ = Task.Delay(ReadsAtStopWithin).ContinueWith(_ => transport.Abort(), TaskScheduler.Default);
        }
    }
}
