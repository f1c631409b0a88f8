using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Intotes.Chat.Tests.Redis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Hosting.Fuzz;

/// <summary>What the application, rather than the server before it, said to a request.</summary>
/// <param name="Elapsed">From when it had the head of the request until its answer was complete, without the second that a poll was asked to wait.</param>
/// <param name="Fault">What is wrong with the answer, whatever the request was; null for nothing.</param>
public sealed record Handled(TimeSpan Elapsed, string? Fault);

/// <summary>A node over a Redis of its own that keeps an eye on itself: each request names itself in a header, and is noted under that name.</summary>
public sealed class FuzzNode : IAsyncDisposable
{
    public const string NameHeader = "X-Fuzz";

    private readonly ConcurrentDictionary<string, TaskCompletionSource<Handled>> handled = new();
    private readonly LogWatch logs = new();
    private RedisServerProcess? redis;
    private ChatNode? node;

    public Uri Address => node!.Address;

    /// <summary>
    /// Warnings and errors that it logged, but for what Kestrel says of a connection that its client broke off in the middle of a body, at a moment that it does not
    /// foresee (dotnet/aspnetcore#52324): nobody is left there to whom anything could be answered.
    /// </summary>
    public IEnumerable<string> Logged => logs.Unexpected.Where(line =>
        !(line.StartsWith("Warning Microsoft.AspNetCore.Server.Kestrel: Connection processing ended abnormally.", StringComparison.Ordinal)
            && line.Contains("Reading is already in progress.", StringComparison.Ordinal)));

    /// <summary>Every endpoint of the running application that is the service's own, under each of its methods.</summary>
    public IReadOnlyList<FuzzEndpoint> Endpoints =>
    [
        .. node!.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => !endpoint.RoutePattern.RawText!.Contains("docs", StringComparison.Ordinal)) // the bundle of the API reference is not ours, and 3 MB
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"])
                .Select(method => new FuzzEndpoint(method, "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))))
            .Distinct(),
    ];

    public static async Task<FuzzNode> StartAsync()
    {
        var fuzz = new FuzzNode { redis = await RedisServerProcess.StartAsync("--appendonly", "no") };
        fuzz.node = ChatNode.Start(fuzz.redis.Configuration, fuzz.logs, change: services => services.AddSingleton<IStartupFilter>(new Watch(fuzz.handled)));
        return fuzz;
    }

    /// <summary>What is noted under this name once it is handled, which may be after the client has its answer; null where the request did not come so far.</summary>
    public async Task<Handled?> TakeAsync(string name) => handled.TryRemove(name, out var found) ? await found.Task : null;

    public async ValueTask DisposeAsync()
    {
        await using var second = redis;
        await using var first = node;
    }

    private sealed class Watch(ConcurrentDictionary<string, TaskCompletionSource<Handled>> handled) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(WatchAsync);
            next(app);
        };

        private async Task WatchAsync(HttpContext http, RequestDelegate next)
        {
            var started = Stopwatch.GetTimestamp();
            var name = http.Request.Headers[NameHeader].ToString();
            var noted = handled.GetOrAdd(name, static _ => new TaskCompletionSource<Handled>(TaskCreationOptions.RunContinuationsAsynchronously));
            string? fault = null;
            try
            {
                await next(http);
                fault = Fault(http);
            }
            catch (Exception e)
            {
                fault = $"{e.GetType().Name} left the application: {e}";
                throw;
            }
            finally
            {
                var waited = int.TryParse(http.Request.Query["wait"], CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= 25 ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
                noted.TrySetResult(new Handled(Stopwatch.GetElapsedTime(started) - waited, fault));
            }
        }

        /// <summary>What no answer may be, whatever was asked.</summary>
        private static string? Fault(HttpContext http)
        {
            var (status, headers) = (http.Response.StatusCode, http.Response.Headers);
            return status == 499 ? null // the client has gone
                : status >= 500 ? $"It answered {status}."
                : http.Request.Path.Value is "/" or "/index.html" ? null // a page, served by the framework's own rules
                : !headers.CacheControl.ToString().Contains("no-store", StringComparison.Ordinal) ? $"{status} may be cached."
                : status >= 400 && http.Response.ContentType != "application/problem+json" && !HttpMethods.IsHead(http.Request.Method) ? $"{status} is no problem+json but '{http.Response.ContentType}'."
                : null;
        }
    }
}
