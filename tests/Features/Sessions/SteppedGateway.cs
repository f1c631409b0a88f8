using System.Diagnostics.Metrics;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Operators.Race;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>
/// A gateway that does something else in between, once, at the n-th step of one request. A step is the moment before or after any call of Redis, script
/// or plain command, so that counting up from one visits all that the request does, whatever that is.
/// </summary>
internal sealed class SteppedGateway(
    RedisConnection connection, IOptions<RedisOptions> options, ILogger<RedisResilience> logger, IMeterFactory meters, IHttpContextAccessor http)
    : RedisGateway(connection, new RedisResilience(options, meters, logger, new FaultyGateway.PatientClock()), meters)
{
    private Plan? plan;

    public static void Register(IServiceCollection services) => services.AddHttpContextAccessor().AddSingleton<RedisGateway, SteppedGateway>();

    /// <param name="path">The path of the request; whatever else the node does passes undisturbed.</param>
    /// <param name="step">The how-manieth step, from 1.</param>
    /// <param name="begins">The script from which on steps are counted; from the first call where null.</param>
    /// <param name="act">What happens then; gets the request.</param>
    public void At(string path, int step, string? begins, Func<HttpContext, Task> act) => plan = new Plan(path, begins, act) { Left = step };

    /// <summary>Whether the request had so many steps. From here on nothing more is done.</summary>
    public bool End() => Interlocked.Exchange(ref plan, null) is { Left: <= 0 };

    public override async Task<T> CallAsync<T>(string operation, RedisKey key, Func<IDatabase, RedisKey, Task<T>> command, CancellationToken ct)
    {
        await MeetAsync(operation);
        var reply = await base.CallAsync(operation, key, command, ct);
        await MeetAsync(operation);
        return reply;
    }

    protected override async Task<RedisResult> EvaluateAsync(IDatabase redis, Script script, RedisKey[] keys, RedisValue[] arguments)
    {
        await MeetAsync(script.Name);
        var reply = await base.EvaluateAsync(redis, script, keys, arguments);
        await MeetAsync(script.Name);
        return reply;
    }

    private async Task MeetAsync(string call)
    {
        if (plan is { } due && http.HttpContext is { } request && request.Request.Path == due.Path && due.Counts(call) && Interlocked.Decrement(ref due.Left) == 0)
        {
            await due.Act(request);
        }
    }

    private sealed record Plan(string Path, string? Begins, Func<HttpContext, Task> Act)
    {
        private volatile bool hasBegun = Begins is null;

        public int Left;

        public bool Counts(string call) => hasBegun = hasBegun || call == Begins;
    }
}
