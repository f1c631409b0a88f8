using System.Net;
using System.Net.Sockets;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Faults;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>The service where it may open few files (<c>ulimit -n</c>).</summary>
public sealed class OpenFilesTests(ChatNodes nodes)
{
    private const int Files = 1024;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Idle_sockets_beyond_the_limit_of_files_leave_the_service_at_work()
    {
        await using var service = await ServiceProcess.StartAsync(nodes.Redis.Configuration, openFiles: Files);
        using var before = (await RawConnection.OpenServedAsync(service.Address, Ct, IPAddress.Parse("127.0.0.100")))!;
        var idle = new List<Socket>();
        for (var number = 0; number < 2 * Files; number++)
        {
            // From many clients, for one alone has but a share.
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse($"127.0.1.{1 + (number % 16)}"), 0));
            await socket.ConnectAsync(service.Address.Host, service.Address.Port, Ct);
            idle.Add(socket);
        }

        // Everything that takes a file goes on: a connection that was there, and what it asks of Redis.
        for (var times = 0; times < 3; times++)
        {
            Assert.True(await before.IsServedAsync(Ct));
            await before.SendAsync("POST /api/v1/chat/session HTTP/1.1\r\nHost: chat\r\nContent-Length: 0\r\n\r\n", Ct);
            Assert.Equal(201, (await before.ReadAsync(isHead: false, Ct)).Status);
        }

        await UntilAsync("what was refused is closed", () => Task.FromResult(service.Usage.Files < Files - 50));
        Assert.InRange(service.Usage.Files, Files / 2, Files);
        idle.ForEach(socket => socket.Dispose());
        await UntilAsync("there is room again", async () =>
        {
            using var after = await RawConnection.OpenServedAsync(service.Address, Ct);
            return after is not null;
        });
    }

    [Theory]
    [InlineData(20_000, 1024, 512)] // what is left without the reserve
    [InlineData(20_000, 600, 150)] // at least a quarter
    [InlineData(20_000, 1_048_576, 20_000)]
    [InlineData(500, 1024, 500)]
    [InlineData(20_000, null, 20_000)]
    public void Connections_are_as_many_as_the_limit_of_files_permits(int configured, int? files, int expected)
    {
        var limits = ConnectionLimits.Of(configured, perClient: 2000, files);

        Assert.Equal(expected, limits.Total);
        Assert.Equal(expected == configured, limits.OpenFiles is null);
        Assert.Equal(expected == configured ? 2000 : expected / 4, limits.PerClient);
    }

    [Fact]
    public async Task All_addresses_together_have_the_number_and_the_one_for_operations_its_own()
    {
        var limits = new ConnectionLimits(Total: 3, PerClient: 0, OpenFiles: null);
        using var end = new CancellationTokenSource();
        var served = new List<int>();
        async Task ConnectAsync(int port) => await limits.OnConnectionAsync(
            new Microsoft.AspNetCore.Connections.DefaultConnectionContext { LocalEndPoint = new IPEndPoint(IPAddress.Loopback, port), RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1) },
            async _ =>
            {
                served.Add(port);
                await Task.Delay(Timeout.Infinite, end.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            },
            managementPort: 9464);

        var open = Enumerable.Range(0, 40).Select(number => ConnectAsync(number % 2 == 0 ? 9464 : 5080 + (number % 3))).ToList();

        Assert.Equal((3, ConnectionLimits.Management), (served.Count(port => port != 9464), served.Count(port => port == 9464)));
        await end.CancelAsync();
        await Task.WhenAll(open);
        served.Clear();
        _ = ConnectAsync(5080);
        _ = ConnectAsync(9464);
        Assert.Equal(2, served.Count);
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        for (var started = TimeProvider.System.GetTimestamp(); !await isSo();)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30), $"Not within 30 s: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), Ct);
        }
    }
}
