using System.Collections.Concurrent;
using System.Net;
using Intotes.Chat.Tests.Redis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>Two nodes, and the platform's API as the contract describes it, behind a socket of its own.</summary>
public sealed class PlatformNodes : DeskNodes, IAsyncLifetime
{
    public const string ApiKey = "key-of-the-tests";

    private readonly string address;
    private readonly ConcurrentQueue<(string Target, string Key)> requests = new();
    private WebApplication? platform;

    public PlatformNodes(ChatNodes shared)
        : this(shared, $"http://127.0.0.1:{RedisPort.Free()}")
    {
    }

    private PlatformNodes(ChatNodes shared, string address)
        : base(shared, ("Platform:BaseUrl", $"{address}/api"), ("Platform:ApiKey", ApiKey)) => this.address = address;

    /// <summary>How the platform answers; by default as it should.</summary>
    public Func<HttpContext, Task> Answers { get; set; } = TellAsync;

    /// <summary>The targets of the requests that named this user, as they were sent.</summary>
    public IReadOnlyList<string> RequestsFor(string userId) =>
        [.. requests.Select(r => r.Target).Where(target => target.Contains($"/users/{Uri.EscapeDataString(userId)}/", StringComparison.Ordinal))];

    /// <summary>Every target that was asked for, and the keys that were sent.</summary>
    public IReadOnlyCollection<(string Target, string Key)> Requests => requests;

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await StartPlatformAsync();
        await InitializeAsync();
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await DisposeAsync();
        await StopPlatformAsync();
    }

    public Task StartPlatformAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        platform = builder.Build();
        platform.Run(AnswerAsync);
        return platform.StartAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Nobody listens any more.</summary>
    public async Task StopPlatformAsync() => await (platform?.DisposeAsync() ?? ValueTask.CompletedTask);

    public static Task TellAsync(HttpContext http) => http.Request.Path.Value!.EndsWith("/profile", StringComparison.Ordinal)
        ? http.Response.WriteAsJsonAsync(new { name = "Ann", tier = "gold", limits = new { daily = 12.5 } })
        : http.Response.WriteAsJsonAsync(new object[] { new { id = "t-1", symbol = "BTC/EUR" }, new { id = "t-2", odd = (string?)null } });

    protected override bool IsExpected(string line) => line.Contains("Source: 'PlatformClient", StringComparison.Ordinal);

    private Task AnswerAsync(HttpContext http)
    {
        requests.Enqueue((http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, http.Request.Headers["X-Api-Key"].ToString()));
        if (http.Request.Headers["X-Api-Key"] != ApiKey)
        {
            http.Response.StatusCode = (int)HttpStatusCode.Unauthorized;
            return Task.CompletedTask;
        }

        return Answers(http);
    }
}
