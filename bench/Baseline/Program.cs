// What the service is compared with: Kestrel, one command to Redis, the same bodies, and nothing else. No token is checked, nothing limited or logged.
// It reads the very streams that the service wrote; what it writes itself goes to streams of its own.
using Baseline;
using StackExchange.Redis;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
// As the service.
builder.WebHost.UseSockets(static sockets => sockets.UnsafePreferInlineScheduling = true);
builder.Services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, Bodies.Default));
var app = builder.Build();
var redis = (await ConnectionMultiplexer.ConnectAsync(app.Configuration["Redis:Configuration"]!)).GetDatabase();

app.MapGet("/nothing", static () => TypedResults.Ok(PollAnswer.Nothing("0-0")));

app.MapGet("/api/v1/chat/poll", async (HttpRequest request, string after) =>
{
    var entries = await redis.StreamRangeAsync($"chat:{{s:{Session(request)}}}:messages", "(" + after, "+", 201);
    return TypedResults.Ok(entries.Length == 0 ? PollAnswer.Nothing(after) : PollAnswer.Nothing(entries[^1].Id!) with { Messages = Array.ConvertAll(entries, Message.From) });
});

app.MapGet("/api/v1/chat/history", async (HttpRequest request) =>
{
    var session = Session(request);
    var entries = await redis.StreamRangeAsync($"chat:{{s:{session}}}:messages", "-", "+", 500);
    return TypedResults.Ok(new History(session, "open", Array.ConvertAll(entries, Message.From), entries.Length > 0 ? entries[^1].Id! : "0-0", false, null));
});

app.MapPost("/api/v1/chat/message", async (HttpRequest request, NewMessage message) =>
{
    var id = await redis.StreamAddAsync($"bare:{{s:{Session(request)}}}:messages", [new("from", "visitor"), new("name", ""), new("text", message.Text)]);
    return TypedResults.Created((string?)null, new Message(id!, "visitor", null, message.Text, Message.TimeOf(id!), null, null));
});

// An open response, as the service's events are, for as long as the client stays.
app.MapGet("/api/v1/chat/events", static async (HttpResponse response, CancellationToken gone) =>
{
    response.ContentType = "text/event-stream";
    await response.Body.WriteAsync(": open\n\n"u8.ToArray(), gone);
    await response.Body.FlushAsync(gone);
    await Task.Delay(Timeout.Infinite, gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
});

app.MapGet("/allocated", static () => GC.GetTotalAllocatedBytes());

await app.RunAsync();

// By header as visitors say it, or by name, where the service knows the account instead.
static string Session(HttpRequest request) =>
    request.Headers["X-Chat-Session"].ToString() is { Length: > 22 } token ? token[..22] : request.Query["sessionId"].ToString();
