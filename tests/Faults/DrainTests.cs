using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>An orderly stop, as a load balancer and its clients see it.</summary>
public sealed class DrainTests : IDisposable
{
    private const double DrainSeconds = 5;

    private readonly HttpClient http = new(new SocketsHttpHandler { UseCookies = false });

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task A_node_that_stops_is_not_ready_first_serves_on_for_a_while_and_ends_with_0()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var service = await ServiceProcess.StartAsync(redis.Configuration, new() { ["Server__DrainSeconds"] = $"{DrainSeconds}" });
        http.BaseAddress = service.Address;
        using (var ready = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken))
        {
            Assert.Equal((HttpStatusCode.OK, null), (ready.StatusCode, ready.Headers.ConnectionClose));
        }

        var told = Stopwatch.GetTimestamp();
        var stopping = service.StopAsync();
        while (await IsReadyAsync())
        {
            Assert.True(Stopwatch.GetElapsedTime(told).TotalSeconds < DrainSeconds, "It was ready to the end.");
        }

        for (var n = 0; n < 5; n++)
        {
            using var opened = await http.PostAsJsonAsync("/api/v1/chat/session", new { name = "Late" }, TestContext.Current.CancellationToken);
            Assert.Equal((HttpStatusCode.Created, true), (opened.StatusCode, opened.Headers.ConnectionClose));
        }

        Assert.False(stopping.IsCompleted);
        Assert.Equal(0, await stopping);
        Assert.InRange(Stopwatch.GetElapsedTime(told).TotalSeconds, DrainSeconds, DrainSeconds + 5);
    }

    private async Task<bool> IsReadyAsync()
    {
        using var ready = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        return ready.StatusCode == HttpStatusCode.OK;
    }
}
