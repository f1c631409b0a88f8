using System.Net.Http.Json;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>Two nodes over a Redis of their own, whose requests can be held up or abandoned at any step.</summary>
public sealed class SteppedNodes : IAsyncLifetime
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false });

    /// <summary>Far beyond what anything here takes, for a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private RedisServerProcess? redis;
    private ChatNodes? both;

    public ChatNodes Both => both!;

    private SteppedGateway First => (SteppedGateway)Both.Services.GetRequiredService<RedisGateway>();

    private SteppedGateway Second => (SteppedGateway)Both.ServicesOfSecond.GetRequiredService<RedisGateway>();

    /// <summary>Forgets everything, so that a test can look through all that one scene left.</summary>
    public async Task ForgetAsync()
    {
        await BackgroundIdleAsync();
        await Both.Redis.Database.EmptyAsync();
    }

    /// <summary>Returns when both nodes have done what no answer waited for.</summary>
    public async Task BackgroundIdleAsync()
    {
        await Both.Services.GetRequiredService<BackgroundWriter>().IdleAsync();
        await Both.ServicesOfSecond.GetRequiredService<BackgroundWriter>().IdleAsync();
    }

    /// <summary>
    /// Sends a request to the first node and hangs up at the n-th step of it; returns when the node has noticed and is done with it. False where
    /// there is no such step: then the request was answered.
    /// </summary>
    /// <param name="step">From 1.</param>
    /// <param name="begins">The script from which on steps are counted; from the first call where null.</param>
    /// <param name="caller">Whose credentials it carries.</param>
    /// <param name="call">Method and path, such as <c>POST chat/session</c>.</param>
    /// <param name="body">Sent as JSON, if any.</param>
    public async Task<bool> HangUpAsync(int step, string? begins, ChatClient caller, string call, object? body = null)
    {
        using var hangUp = new CancellationTokenSource();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var request = Request(caller, call, body);
        First.At(request.RequestUri!.AbsolutePath, step, begins, async http =>
        {
            var noticed = new TaskCompletionSource();
            http.Response.OnCompleted(() =>
            {
                done.SetResult();
                return Task.CompletedTask;
            });
            await using var registration = http.RequestAborted.Register(noticed.SetResult);
            await hangUp.CancelAsync();
            await noticed.Task.WaitAsync(Patience);
        });
        try
        {
            using var response = await Http.SendAsync(request, hangUp.Token);
            Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
            Assert.False(First.End(), "It was answered although nobody was there.");
            return false;
        }
        catch (OperationCanceledException)
        {
            await done.Task.WaitAsync(Patience);
            return First.End();
        }
    }

    /// <summary>
    /// Two requests: the other one is made at a step of the first and stops at a step of its own, until the first has ended. Returns whether there were such
    /// steps; where the other has none it ended before the first went on.
    /// </summary>
    public async Task<(bool First, bool Other)> InterleaveAsync(
        string path, int step, Func<Uri, Task> first, string otherPath, int otherStep, Func<Uri, Task> other)
    {
        var (stopped, goOn) = (new TaskCompletionSource(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var going = Task.CompletedTask;
        Second.At("/api/v1/" + otherPath, otherStep, null, _ =>
        {
            stopped.SetResult();
            return goOn.Task;
        });
        First.At("/api/v1/" + path, step, null, async _ =>
        {
            going = other(Both.Addresses[1]);
            await Task.WhenAny(stopped.Task, going).WaitAsync(Patience);
        });
        await first(Both.Addresses[0]);
        goOn.SetResult();
        await going;
        return (First.End(), Second.End());
    }

    /// <summary>Makes a request to the first node that loses Redis at the n-th step; false where there is no such step.</summary>
    public async Task<bool> BreakOffAsync(string path, int step, Func<Uri, Task> act)
    {
        First.At("/api/v1/" + path, step, null, _ => throw new StorageUnavailableException(new TimeoutException()));
        await act(Both.Addresses[0]);
        return First.End();
    }

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        both = await ChatNodes.StartAsync(redis.Configuration, change: SteppedGateway.Register);
    }

    public async ValueTask DisposeAsync()
    {
        await using var second = redis;
        await using var first = both;
    }

    private HttpRequestMessage Request(ChatClient caller, string call, object? body)
    {
        var request = new HttpRequestMessage(new HttpMethod(call.Split(' ')[0]), new Uri(Both.Addresses[0], "/api/v1/" + call.Split(' ')[1]))
        {
            Content = body is null ? null : JsonContent.Create(body),
        };
        if (caller.Bearer is { } bearer)
        {
            request.Headers.Authorization = new("Bearer", bearer);
        }

        if (caller.SessionToken is { } token)
        {
            request.Headers.Add("X-Chat-Session", token);
        }

        return request;
    }
}
